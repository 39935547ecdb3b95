"""The servers, channels and personas of the demo: enough to try ownership, rights, threads and DMs."""

from dataclasses import dataclass

from sandbox.chat import Channel, Chat, Permission, Person

_ONLY_LOOKS = Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY


@dataclass(frozen=True, slots=True)
class Persona:
    """A person to act as, with a note on their rights."""

    person: Person
    about: str


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """The personas, the first one first, the bot's owner among them, and the page's first channel."""

    personas: tuple[Persona, ...]
    owner: Person
    start_channel: Channel

    def person(self, person_id: int) -> Person | None:
        """The persona with that id."""
        return next((one.person for one in self.personas if one.person.id == person_id), None)


def build_demo_world(chat: Chat, locale: str = "en-US") -> DemoWorld:
    """Two servers with channels, a thread and four people: one is an administrator, one may only read."""
    ada, ben, mira, theo = (chat.add_person(name, locale=locale) for name in ("Ada", "Ben", "Mira", "Theo"))
    night_shift = chat.add_guild("Night Shift", locale=locale)
    for person in (ada, ben):
        night_shift.join(person)
    night_shift.join(mira, admin=True)
    night_shift.join(theo, _ONLY_LOOKS)
    start_channel = night_shift.add_channel("videos")
    night_shift.add_channel("talk")
    staff = night_shift.add_channel("staff")
    staff.overwrite(night_shift.people_role, deny=Permission.VIEW_CHANNEL)
    for role in (one for one in night_shift.roles.values() if one.name == f"Role of {theo.name}"):
        staff.overwrite(role, deny=Permission.VIEW_CHANNEL)
    start_channel.add_thread("Storyboard", members=[ada, ben])
    print_room = chat.add_guild("Print Room", locale=locale)
    for person in (ada, mira):
        print_room.join(person)
    print_room.add_channel("posters")
    personas = (
        Persona(ada, "a member, like most"),
        Persona(ben, "a member of Night Shift only"),
        Persona(mira, "an administrator, and the bot's owner"),
        Persona(theo, "may read and press buttons, but not write"),
    )
    return DemoWorld(personas, mira, start_channel)
