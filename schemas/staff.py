"""People who work in the console, and the words of the audit log."""

from enum import StrEnum


class StaffRole(StrEnum):
    """Support helps shoppers; a lead may grant more; an admin also sets up shops and people."""

    SUPPORT = "support"
    LEAD = "lead"
    ADMIN = "admin"


class Action(StrEnum):
    """What somebody saw or did."""

    LOGGED_IN = "logged_in"
    LOGGED_OUT = "logged_out"
    IDENTITY_TIED = "identity_tied"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - an action
    SESSIONS_ENDED = "sessions_ended"
    ROLE_CHANGED = "role_changed"
    SECOND_FACTOR_SET = "second_factor_set"
    SEARCHED = "searched"
    PARCEL_SEEN = "parcel_seen"
    PAYLOAD_SEEN = "payload_seen"
    CONTACT_CORRECTED = "contact_corrected"
    NOTE_ADDED = "note_added"
    MESSAGE_SENT = "message_sent"
    COMPENSATION_APPROVED = "compensation_approved"
    COMPENSATION_REFUSED = "compensation_refused"
    COMPENSATION_GRANTED = "compensation_granted"
    EVENT_ADDED = "event_added"
    EVENT_RETRACTED = "event_retracted"
    LINK_MADE = "link_made"
    LINKS_REVOKED = "links_revoked"
    CASE_OPENED = "case_opened"
    CASE_ANSWERED = "case_answered"
    CASE_SOLVED = "case_solved"
    CASE_REOPENED = "case_reopened"
    CASE_HANDED_OVER = "case_handed_over"
    SUPPORT_TEXT_CHANGED = "support_text_changed"
    PERSON_LOOKED_UP = "person_looked_up"
    PERSON_EXPORTED = "person_exported"
    PERSON_ERASED = "person_erased"
