"""A local Discord: REST and gateway as discord.py 2.7.1 uses them, with people to act as."""

from sandbox.chat.calls import Answer, Call
from sandbox.chat.chat import Chat
from sandbox.chat.command_filler import NotPossibleError
from sandbox.chat.faults import Fault, Gate, Request
from sandbox.chat.forms import Field, Form
from sandbox.chat.hub import WaitTimeoutError
from sandbox.chat.model import Channel, Guild, Message
from sandbox.chat.people import Choice, Person
from sandbox.chat.permissions import Permission
from sandbox.chat.records import Attachment, Button, File, Poll, Reaction, Role, Sticker, User

__all__ = [
    "Answer",
    "Attachment",
    "Button",
    "Call",
    "Channel",
    "Chat",
    "Choice",
    "Fault",
    "Field",
    "File",
    "Form",
    "Gate",
    "Guild",
    "Message",
    "NotPossibleError",
    "Permission",
    "Person",
    "Poll",
    "Reaction",
    "Request",
    "Role",
    "Sticker",
    "User",
    "WaitTimeoutError",
]
