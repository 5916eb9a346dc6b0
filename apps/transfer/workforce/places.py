"""What the made-up company is made of."""

from dataclasses import dataclass

DOMAIN = "lumenworks.example"


@dataclass(frozen=True)
class City:
    """`network` is the second half of addresses in 198.18.0.0/15, which nobody has (RFC 2544)."""

    name: str
    time_zone: str
    locale: str
    network: int


CITIES = (
    City("Hamburg", "Europe/Berlin", "de", 0),
    City("Munich", "Europe/Berlin", "de", 16),
    City("London", "Europe/London", "en", 32),
    City("Madrid", "Europe/Madrid", "en", 48),
    City("New York", "America/New_York", "en", 64),
    City("San Francisco", "America/Los_Angeles", "en", 80),
    City("Bengaluru", "Asia/Kolkata", "en", 96),
    City("Singapore", "Asia/Singapore", "en", 112),
    City("Sydney", "Australia/Sydney", "en", 128),
)
CITY_WEIGHTS = (22, 14, 14, 8, 16, 8, 10, 5, 3)

# Name, job titles from the most frequent on, and how many of a thousand work there.
DEPARTMENTS = (
    (
        "Engineering",
        ("Software Engineer", "Senior Software Engineer", "Site Reliability Engineer", "Test Engineer"),
        260,
    ),
    ("Sales", ("Account Executive", "Sales Engineer", "Account Manager"), 190),
    ("Customer Care", ("Support Agent", "Support Specialist", "Team Lead"), 180),
    ("Production", ("Machine Operator", "Process Engineer", "Shift Lead"), 150),
    ("Finance", ("Accountant", "Controller", "Treasury Analyst"), 70),
    ("Marketing", ("Content Manager", "Campaign Manager", "Designer"), 60),
    ("Human Resources", ("HR Business Partner", "Recruiter", "Payroll Specialist"), 40),
    ("IT", ("Service Desk Agent", "Systems Engineer", "Network Engineer"), 30),
    ("Legal", ("Counsel", "Contract Manager"), 20),
)

_GIVEN_NAMES = (
    "Aaron Abigail Adrian Aisha Alba Alejandro Alice Amara Ana Andrea Anika Anton Arjun Astrid Aylin "
    "Beatriz Ben Bianca Bruno Camila Carla Carlos Caroline Cem Charlotte Chen Chloe Clara Daniel David "
    "Deniz Diana Dmitri Elena Elif Elias Ella Emeka Emil Emily Emma Erik Esther Eva Fatima Felix Finn "
    "Fiona Florian Francesca Frida Gabriel Georg Grace Hana Hannah Hassan Helena Henry Hugo Ibrahim Ida "
    "Imani Ines Ingrid Isaac Isabel Ivan Jakob James Jana Jasmin Joao Jonas Jorge Josef Julia Kaito Karim "
    "Kate Keiko Kofi Lars Laura Lea Leila Leo Lena Liam Lin Lisa Louis Lucia Luis Luka Mai Malik Marco "
    "Maria Marie Martin Mateo Max Maya Mei Mia Miguel Mila Mina Mohamed Nadia Naomi Nia Nico Nils Nina "
    "Noah Nora Oliver Olga Omar Oscar Paul Petra Philip Priya Rahul Rania Rosa Ruben Ruth Samir Samuel "
    "Sara Sofia Sophie Stefan Sven Tamara Tara Theo Thomas Tim Tom Uma Valentin Vera Victor Wei William "
    "Yara Yasmin Yuki Zoe "
)
GIVEN_NAMES = tuple(_GIVEN_NAMES.split())
_FAMILY_NAMES = (
    "Abdi Adler Ahmed Albrecht Almeida Alonso Andersson Arslan Baker Bauer Becker Berg Bianchi Braun "
    "Brown Bruno Castro Chen Clark Costa Cruz Dahl Das Davies Demir Diaz Dubois Eriksen Evans Fernandez "
    "Ferrari Fischer Fofana Fontaine Frank Fuchs Garcia Gomez Graf Gupta Haas Hahn Hansen Hernandez "
    "Hoffmann Hughes Ito Ivanov Iyer Jansen Jensen Johnson Jones Kaiser Kaya Keller Khan Kim Klein Koch "
    "Kowalski Kraus Kumar Lang Larsen Laurent Lee Lehmann Lewis Lopez Lorenz Maier Marino Martin Martinez "
    "Mensah Meyer Miller Moreau Moreno Morris Mueller Nair Nakamura Nguyen Nielsen Novak Nowak Obi Okafor "
    "Oliveira Olsen Ortiz Osman Park Patel Pereira Peters Petrov Popescu Rahman Ramos Reed Reyes Richter "
    "Rivera Roberts Romano Rossi Roth Ruiz Sanchez Santos Sato Schmidt Schneider Schulz Silva Singh Smith "
    "Sommer Stein Suzuki Tanaka Taylor Thomas Torres Tran Turner Vargas Vogel Wagner Walker Wang Weber "
    "Weiss White Williams Wilson Winter Wolf Wood Wright Yamamoto Yilmaz Young Zhang Zimmermann "
)
FAMILY_NAMES = tuple(_FAMILY_NAMES.split())

USER_AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 "
    "Edg/141.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
    "Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
)
PHONES = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 "
    "Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
)
ATTACKER = "python-requests/2.32.5"
SERVER_AGENT = "Authlib/1.6.5 (+https://authlib.org/)"


@dataclass(frozen=True)
class MadeUpApplication:
    """`departments` get it by their group's role; with none, everybody may use it. `is_offline`: it may refresh."""

    name: str
    client_id: str
    departments: tuple[str, ...] = ()
    is_offline: bool = False
    weight: int = 10


APPLICATIONS = (
    MadeUpApplication("Lumen Intranet", "lumen-intranet", weight=40),
    MadeUpApplication("Lumen Mail", "lumen-mail", is_offline=True, weight=60),
    MadeUpApplication("Lumen Time", "lumen-time", weight=20),
    MadeUpApplication("Lumen Learning", "lumen-learning", weight=4),
    MadeUpApplication("Code Forge", "code-forge", ("Engineering", "IT"), is_offline=True, weight=60),
    MadeUpApplication("Sales Desk", "sales-desk", ("Sales", "Marketing"), weight=50),
    MadeUpApplication("Care Console", "care-console", ("Customer Care",), weight=60),
    MadeUpApplication("Plant Control", "plant-control", ("Production",), weight=40),
    MadeUpApplication("Ledger", "ledger", ("Finance",), weight=50),
    MadeUpApplication("People Files", "people-files", ("Human Resources",), weight=40),
    MadeUpApplication("Contract Vault", "contract-vault", ("Legal", "Finance"), weight=20),
    MadeUpApplication("Service Desk", "service-desk", ("IT",), weight=50),
)
