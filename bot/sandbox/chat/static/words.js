// What Discord itself says around messages, in the languages of the switcher.

const [EN, FR] = [0, 1];
const WORDS = {
  used: [(command) => ["used ", command], (command) => ["a utilisé ", command]],
  thinking: [(name) => `${name} is thinking`, (name) => `${name} réfléchit`],
  typing: [(name) => `${name} is typing…`, (name) => `${name} est en train d’écrire…`],
  only: ["Only you can see this", "Toi seul(e) peux voir celui-ci"],
  dismiss: ["Dismiss message", "Rejeter le message"],
  edited: ["(edited)", "(modifié)"],
  silent: ["The application did not respond", "L’application n’a pas répondu"],
  failed: ["This interaction failed", "Échec de l’interaction"],
  today: ["Today at", "Aujourd’hui à"],
  write: [(place) => `Message ${place}`, (place) => `Envoyer un message dans ${place}`],
  newer: ["Jump to the newest message", "Aller au message le plus récent"],
  none: ["No options match your search.", "Aucune option ne correspond à ta recherche."],
  loading: ["Loading options…", "Chargement des options…"],
  unloaded: ["Loading options failed.", "Échec du chargement des options."],
  required: ["This option is required. Specify a value.", "Cette option est requise. Précise une valeur."],
  commands: [(text) => `Commands matching ${text}`, (text) => `Commandes correspondant à ${text}`],
  apps: ["Apps", "Applications"],
  noApps: ["No app has anything for messages here.", "Aucune application n’a rien ici pour les messages."],
  optional: ["optional", "facultatif"],
  spoiler: ["Spoiler, press to reveal", "Divulgâcheur, appuie pour l’afficher"],
  submit: ["Submit", "Envoyer"],
  cancel: ["Cancel", "Annuler"],
  wrong: ["Something went wrong. Try again.", "Une erreur est survenue. Réessaie."],
  choose: ["Make a selection", "Fais une sélection"],
  gone: ["Original message was deleted", "Le message d’origine a été supprimé"],
  empty: [(place) => `Welcome to ${place}!`, (place) => `Bienvenue dans ${place} !`],
  hint: ["Type / to see what the bot can do.", "Tape / pour voir ce que le bot sait faire."],
  truth: [["True", "False"], ["Vrai", "Faux"]],
};

export const settings = { user: "alice", locale: "en-US", place: "general" };

export const word = (key) => WORDS[key][settings.locale.startsWith("fr") ? FR : EN];
