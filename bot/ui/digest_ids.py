"""The custom ids of what manages digests; those of a posted digest begin with its slot's mark."""

from typing import Final

SHOW_PREFIX: Final = "digest:show"
LIST_PREFIX: Final = "digest:list"
PREVIEW_PREFIX: Final = "digest:preview"
POST_PREFIX: Final = "digest:post"
PAUSE_PREFIX: Final = "digest:pause"
RESUME_PREFIX: Final = "digest:resume"
EDIT_PREFIX: Final = "digest:edit"
DELETE_PREFIX: Final = "digest:delete"
NOTHING_PREFIX: Final = "digest:nothing"
LANGUAGE_PREFIX: Final = "digest:language"
AGAIN_PREFIX: Final = "digest:again"
LEAVE_PREFIX: Final = "digest:leave"
DECLINE_PREFIX: Final = "digest:no"

# Of the questions whether it is meant.
POST_YES_PREFIX: Final = "digest:post-yes"
DELETE_YES_PREFIX: Final = "digest:delete-yes"
JOIN_YES_PREFIX: Final = "digest:join-yes"
