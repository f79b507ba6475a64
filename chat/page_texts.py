"""Every sentence that the chat page's scripts show, by key, in the language of the request.

The page gets them in its boot data, so that scripts hold no words of their own. {names} are filled in
by the scripts.
"""

from __future__ import annotations

from django.utils.translation import gettext as _


def page_texts() -> dict[str, str]:
    """Key -> sentence in the active language."""
    return {
        **_message_texts(),
        **_feedback_texts(),
        **_waiting_texts(),
        **_connection_texts(),
        **_composer_texts(),
        **_list_texts(),
    }


def compare_texts() -> dict[str, str]:
    """Key -> sentence, for pages on which two answers are compared."""
    return {
        "compare.a": _("Answer A"),
        "compare.b": _("Answer B"),
        "compare.writing": _("Two answers are being written. Then you choose the better one."),
        "compare.ready": _("Which answer is better?"),
        "compare.vote.a": _("A is better"),
        "compare.vote.b": _("B is better"),
        "compare.vote.tie": _("Equally good"),
        "compare.vote.both_bad": _("Both bad"),
        "compare.why": _("Why? (optional)"),
        "compare.guess": _("Who wrote answer A? (optional)"),
        "compare.unsure": _("Not sure"),
        "compare.send": _("Vote and show who wrote what"),
        "compare.hint": _("Or just ask on: then it goes on with answer A, without a vote."),
        "compare.sure": _("Sure to {percent}%"),
        "compare.chosen": _("goes on from here"),
        "compare.done.a": _("You found answer A better."),
        "compare.done.b": _("You found answer B better."),
        "compare.done.tie": _("You found both equally good; it goes on with answer A."),
        "compare.done.both_bad": _("You found both answers bad. The engines do not read them from here on."),
        "compare.right": _("Your guess was right."),
        "compare.not_right": _("Your guess was not right."),
    }


def _message_texts() -> dict[str, str]:
    return {
        "speaker.user": _("You"),
        "speaker.assistant": "Duologue",
        "good": _("Good answer"),
        "bad": _("Bad answer"),
        "regenerate": _("Regenerate"),
        "copy": _("Copy answer"),
        "copy.code": _("Copy code"),
        "copied": _("Copied"),
        "edit": _("Edit"),
        "edit.label": _("Edit your question"),
        "edit.save": _("Save and ask again"),
        "edit.cancel": _("Cancel"),
        "version.group": _("Versions"),
        "version.count": _("{n} of {total}"),
        "version.previous": _("Previous version"),
        "version.next": _("Next version"),
        "continue": _("Continue"),
        "retry": _("Retry"),
        "status.stopped": _("Stopped"),
        "status.failed": _("Failed"),
        "status.interrupted": _("Interrupted"),
        "source": _("Source: {titles}"),
        "sources": _("Sources: {titles}"),
        "by.rules": _("Answered by the help articles · {sure}"),
        "by.gpt2": _("Answered by the language model · {sure}"),
        "why.rules": _("Rules found the article by the words of your question; the answer is the article's own text."),
        "why.gpt2": _("A small language model named the article that it answers from; it may be mistaken."),
        "sure.sure": _("sure"),
        "sure.fairly": _("fairly sure"),
        "sure.unsure": _("not quite sure, please check the source"),
        "sure.unknown": _("did not know"),
        "table": _("Table"),
    }


def _feedback_texts() -> dict[str, str]:
    return {
        "feedback.good": _("What was good?"),
        "feedback.bad": _("What was wrong?"),
        "feedback.comment": _("Comment (optional)"),
        "feedback.thanks": _("Thanks"),
        "feedback.remove": _("Remove rating"),
        "feedback.done": _("Done"),
        "feedback.change": _("Change rating"),
    }


def _waiting_texts() -> dict[str, str]:
    return {
        "pending": _("Sending…"),
        "reply.writing": _("Writing the answer…"),
        "result.writing": _("Working out the result…"),
        "result.ready": _("The result is there."),
        "model.starting": _("Starting the model"),
        "model.starting_eta": _("Starting the model, {time}"),
        "model.ask_already": _("{words}. You can ask already."),
        "announce.queued": _("Waiting in line"),
        "queue.next": _("You are next"),
        "queue.one": _("1 person before you"),
        "queue.many": _("{n} people before you"),
        "queue.time": _("{place}, {time}"),
        "time.second": _("about 1 second"),
        "time.seconds": _("about {n} seconds"),
        "time.minutes": _("about {n} minutes"),
    }


def _connection_texts() -> dict[str, str]:
    return {
        "connection.connecting": _("Connecting…"),
        "connection.lost": _("The connection dropped. Trying again; nothing is lost."),
        "connection.lost_busy": _("The connection dropped; the answer goes on and will appear here."),
        "connection.polling": _("Live updates are blocked on this network, so new words arrive once a second."),
        "connection.offline": _("You are offline. What you send goes out when you are back."),
        "connection.gone": _("This conversation cannot be opened any more. Please reload the page."),
        "unreachable": _("The server cannot be reached. Your text is kept; please try again in a moment."),
    }


def _composer_texts() -> dict[str, str]:
    return {
        "busy": _("An answer is still being written. Stop it first, or wait for its end."),
        "counter": _("{n} of {total} characters"),
        "counter.over": _("{n} of {total} characters: too long"),
        "too_long.one": _("Your message is 1 character too long. Please shorten it."),
        "too_long.many": _("Your message is {n} characters too long. Please shorten it."),
        "close": _("Close"),
        "undo": _("Undo"),
        "claim.one": _("You have 1 conversation from before you signed in. Move it into your account?"),
        "claim.many": _("You have {n} conversations from before you signed in. Move them into your account?"),
    }


def _list_texts() -> dict[str, str]:
    return {
        "untitled": _("New conversation"),
        "list.more": _("Options for “{title}”"),
        "list.rename": _("Rename"),
        "list.delete": _("Delete"),
        "list.new_title": _("New title"),
        "list.deleted": _("“{title}” was deleted."),
        "list.empty": _("No conversations yet."),
        "list.nothing_found": _("Nothing found."),
    }
