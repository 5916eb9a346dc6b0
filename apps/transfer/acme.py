"""Acme Corporation: who works there, what they use, and who may use it. Made up from end to end."""

from dataclasses import dataclass, field
from datetime import date, timedelta

PASSWORD = "Open-To-Look-At-1"  # noqa: S105 - printed for everybody; made in embedded mode only
DOMAIN = "acme.example"


@dataclass(frozen=True)
class Employee:
    username: str
    given_name: str
    family_name: str
    department: str
    job_title: str
    manager: str = ""
    time_zone: str = "Europe/Berlin"
    locale: str = ""
    kind: str = "employee"
    status: str = "active"
    is_staff: bool = False
    is_superuser: bool = False
    # Days from the day on which the demonstration is set up.
    starts_in: int = -900
    ends_in: int | None = None

    def starts_on(self, today: date) -> date:
        return today + timedelta(days=self.starts_in)

    def ends_on(self, today: date) -> date | None:
        return None if self.ends_in is None else today + timedelta(days=self.ends_in)


def _team(department: str, lead: str, time_zone: str, *members: tuple[str, str, str, str]) -> list[Employee]:
    return [
        Employee(username, given, family, department, title, manager=lead, time_zone=time_zone)
        for username, given, family, title in members
    ]


BERLIN, LONDON, NEW_YORK, MADRID = "Europe/Berlin", "Europe/London", "America/New_York", "Europe/Madrid"

# Managers stand before those who report to them.
EMPLOYEES: tuple[Employee, ...] = (
    Employee("clara", "Clara", "Weiss", "Management", "Chief Executive"),
    Employee("admin", "Alex", "Winter", "IT", "IT Administrator", "clara", is_staff=True, is_superuser=True),
    Employee("auditor", "Ines", "Roth", "Management", "Internal Auditor", "clara", is_staff=True),
    Employee(
        "henrik", "Henrik", "Lund", "Management", "Chief Operating Officer", "clara", "Europe/Stockholm"
    ),
    Employee("anna", "Anna", "Keller", "Human Resources", "Head of Human Resources", "clara"),
    *_team(
        "Human Resources",
        "anna",
        BERLIN,
        ("lea", "Lea", "Brandt", "Payroll Specialist"),
        ("omar", "Omar", "Haddad", "Recruiter"),
        ("julia", "Julia", "Novak", "HR Business Partner"),
    ),
    Employee("priya", "Priya", "Nair", "Finance", "Head of Finance", "clara", LONDON),
    *_team(
        "Finance",
        "priya",
        LONDON,
        ("george", "George", "Bell", "Controller"),
        ("sofia", "Sofia", "Marino", "Accountant"),
        ("peter", "Peter", "Okafor", "Accountant"),
        ("nina", "Nina", "Vogel", "Treasury Analyst"),
        ("liam", "Liam", "Byrne", "Expense Auditor"),
    ),
    Employee("marcus", "Marcus", "Reed", "Engineering", "Head of Engineering", "henrik", NEW_YORK),
    Employee("bob", "Bob", "Fischer", "Engineering", "Software Engineer", "marcus"),
    *_team(
        "Engineering",
        "marcus",
        BERLIN,
        ("emma", "Emma", "Schulz", "Staff Engineer"),
        ("yuki", "Yuki", "Tanaka", "Software Engineer"),
        ("diego", "Diego", "Santos", "Software Engineer"),
        ("amina", "Amina", "Diallo", "Site Reliability Engineer"),
        ("jonas", "Jonas", "Berg", "Software Engineer"),
        ("ruth", "Ruth", "Adler", "Quality Engineer"),
        ("kofi", "Kofi", "Mensah", "Data Engineer"),
        ("hana", "Hana", "Kim", "Product Designer"),
        ("pavel", "Pavel", "Dvorak", "Security Engineer"),
    ),
    Employee("isabel", "Isabel", "Cruz", "Sales", "Head of Sales", "henrik", MADRID),
    *_team(
        "Sales",
        "isabel",
        MADRID,
        ("tom", "Tom", "Hughes", "Account Executive"),
        ("mara", "Mara", "Ionescu", "Account Executive"),
        ("victor", "Victor", "Laurent", "Sales Engineer"),
        ("grace", "Grace", "Mbeki", "Account Executive"),
        ("felix", "Felix", "Kraus", "Sales Operations"),
        ("elena", "Elena", "Petrova", "Account Executive"),
    ),
    *_team(
        "IT",
        "admin",
        BERLIN,
        ("max", "Max", "Hartmann", "Service Desk Agent"),
        ("zoe", "Zoe", "Lambert", "Systems Engineer"),
        ("ali", "Ali", "Rahimi", "Network Engineer"),
    ),
    Employee("carl", "Carl", "Jensen", "Engineering", "Consultant", "marcus", kind="contractor", ends_in=45),
    Employee("simon", "Simon", "Wolf", "Sales", "Account Executive", "isabel", MADRID, status="suspended"),
    Employee("nora", "Nora", "Lindqvist", "Engineering", "Software Engineer", "marcus", starts_in=21),
)


# Whom the visitor is told to sign in as: the administrator, one who only looks, one with and one without access.
DEMO_ACCOUNTS = ("admin", "auditor", "anna", "bob")


@dataclass(frozen=True)
class DemoGroup:
    name: str
    description: str
    departments: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    # The group that it lies in, which stands before it.
    within: str = ""


GROUPS = (
    DemoGroup("Payroll team", "Runs the monthly payroll", ("Human Resources",), ("priya",)),
    DemoGroup("Finance", "Everyone in Finance", ("Finance",)),
    DemoGroup("Engineering", "Everyone in Engineering", ("Engineering",)),
    DemoGroup(
        "Platform on call", "Keeps the platform up at night", (), ("amina", "pavel", "zoe"), "Engineering"
    ),
    DemoGroup("IT operations", "Everyone in IT", ("IT",)),
    DemoGroup("Service desk", "First line of support", (), ("max", "zoe"), "IT operations"),
)


@dataclass(frozen=True)
class DemoUnit:
    name: str
    kind: str
    code: str
    head: str
    # The unit that it is part of, which stands before it.
    parent: str = ""
    departments: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


UNITS = (
    DemoUnit("Acme Corporation", "company", "1000", "clara", "", ("Management",)),
    DemoUnit("Corporate services", "division", "2000", "anna", "Acme Corporation"),
    DemoUnit("Human Resources", "department", "2100", "anna", "Corporate services", ("Human Resources",)),
    DemoUnit("Finance", "department", "2200", "priya", "Corporate services", ("Finance",)),
    DemoUnit("IT", "department", "2300", "admin", "Corporate services", ("IT",)),
    DemoUnit("Operations", "division", "3000", "henrik", "Acme Corporation"),
    DemoUnit("Engineering", "department", "3100", "marcus", "Operations", ("Engineering",)),
    DemoUnit("Platform", "team", "3110", "emma", "Engineering", (), ("emma", "amina", "pavel", "kofi")),
    DemoUnit(
        "Product",
        "team",
        "3120",
        "yuki",
        "Engineering",
        (),
        ("yuki", "bob", "diego", "jonas", "ruth", "hana"),
    ),
    DemoUnit("Sales", "department", "3200", "isabel", "Operations", ("Sales",)),
)


@dataclass(frozen=True)
class DemoAttribute:
    slug: str
    label: str
    kind: str
    for_person: str
    help_text: str = ""
    pattern: str = ""
    choices: tuple[str, ...] = ()
    is_multivalued: bool = False


ATTRIBUTES = (
    DemoAttribute("desk", "Desk", "text", "edit", "Floor and desk, such as 4.12", "[0-9]+[.][0-9]{2}"),
    DemoAttribute(
        "languages",
        "Languages",
        "choice",
        "edit",
        "That you would talk to a customer in",
        choices=("English", "French", "German", "Spanish", "Swedish"),
        is_multivalued=True,
    ),
    DemoAttribute("tshirt", "T-shirt size", "choice", "edit", choices=("XS", "S", "M", "L", "XL")),
    DemoAttribute("badge", "Badge", "text", "see", "Letters and number on the card", "[A-Z]{2}-[0-9]{4}"),
    DemoAttribute("first_aider", "First aider", "boolean", "see"),
    DemoAttribute("mentor", "Mentor", "person", "see"),
)
FLOORS = {"Management": 5, "Human Resources": 1, "Finance": 2, "Engineering": 3, "Sales": 4, "IT": 1}
SPOKEN_IN = {"Europe/Berlin": "German", "Europe/Madrid": "Spanish", "Europe/Stockholm": "Swedish"}
# Who stands before them.
MENTORS = {"jonas": "emma", "hana": "yuki", "carl": "bob", "elena": "isabel", "ali": "zoe"}


def attributes_of(place: int, employee: Employee) -> dict[str, list[str]]:
    """What is kept of them, by the attribute's name, but for their mentor; `place` is theirs among all."""
    sizes = next(one.choices for one in ATTRIBUTES if one.slug == "tshirt")
    kept = {
        "desk": [f"{FLOORS[employee.department]}.{place + 1:02}"],
        "languages": ["English", *filter(None, [SPOKEN_IN.get(employee.time_zone)])],
        "tshirt": [sizes[place * 7 % len(sizes)]],
        "badge": [f"AC-{4711 + 13 * place}"],
    }
    if place % 6 == 4:
        kept["first_aider"] = ["true"]
    return kept


@dataclass(frozen=True)
class DemoApplication:
    name: str
    slug: str
    description: str
    owner: str
    is_for_everyone: bool = False


PAYROLL, PAYROLL_API = "Acme Payroll", "Acme Payroll API"
APPLICATIONS = (
    DemoApplication("Acme Wiki", "acme-wiki", "What everybody at Acme should know", "emma", True),
    DemoApplication("Acme Expenses", "acme-expenses", "Claim what you have paid for Acme", "priya"),
)
APPLICATION_OWNERS = {PAYROLL: "anna", PAYROLL_API: "anna"}


@dataclass(frozen=True)
class DemoRole:
    name: str
    slug: str
    description: str
    application: str = ""
    permissions: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    people: tuple[str, ...] = field(default=())


AUDITOR_RIGHTS = tuple(
    f"{app}.view_{model}"
    for app, model in (
        ("audit", "auditevent"),
        ("audit", "sealbatch"),
        ("audit", "auditverificationrun"),
        ("directory", "user"),
        ("directory", "group"),
        ("directory", "membership"),
        ("directory", "groupnesting"),
        ("directory", "unit"),
        ("directory", "attribute"),
        ("access", "application"),
        ("access", "role"),
        ("access", "assignment"),
        ("oauth", "client"),
        ("oauth", "scope"),
        ("oauth", "authorization"),
        ("signin", "session"),
        ("signin", "recognisedbrowser"),
        ("signin", "addressthrottle"),
        ("terms", "termsversion"),
        ("terms", "acceptance"),
        ("keys", "signingkey"),
    )
)
ROLES = (
    DemoRole(
        "Payroll user",
        "payroll-user",
        "Opens Acme Payroll and sees payslips",
        PAYROLL,
        groups=("Payroll team",),
    ),
    DemoRole(
        "Expenses user",
        "expenses-user",
        "Claims and approves expenses",
        "Acme Expenses",
        groups=("Finance", "Engineering"),
    ),
    DemoRole(
        "Auditor",
        "auditor",
        "Reads the administration, changes nothing",
        "",
        AUDITOR_RIGHTS,
        people=("auditor",),
    ),
)
