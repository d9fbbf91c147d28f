"""Words the demo's customers are made of: names of people and companies, places, industries."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

FIRST_NAMES = (
    "Aaron Abigail Adele Amara Anders Andre Anita Anton Astrid Beatriz Bruno Camila Carla Cedric Chiara Claire "
    "Colin Daniel Daria David Diego Edith Eduardo Elif Emil Emma Erik Esther Eva Fatima Felix Fiona Francesca Frank "
    "Freya Gabriel George Giulia Grace Greta Hana Hannah Harold Hassan Helen Henrik Hugo Ibrahim Ines Ingrid Irene "
    "Isabel Ivan Jack Jasmine Javier Joanna Jonas Jorge Judith Julia Kamal Karin Katrin Kenji Kofi Lars Laura Leila "
    "Leon Linda Liam Lucas Lucia Luis Magnus Malik Manuel Maria Marta Martin Mateo Maya Michael Min Monica Nadia "
    "Naomi Nathan Nina Noah Olga Oliver Omar Oscar Paolo Patricia Paul Pedro Petra Quentin Rachel Rafael Rahul "
    "Rebecca Ricardo Rosa Ruth Samira Sandra Sara Sean Simon Sofia Stefan Susan Tamara Tariq Teresa Thomas Tobias "
    "Uma Valentina Vera Victor Vikram Wanda Wei William Xavier Yara Yusuf Zara Zoe"
).split()
"""Without the first names of the staff and of the customers that tests and the documentation talk about."""

LAST_NAMES = (
    "Abbott Adeyemi Aguilar Ahmed Almeida Andersen Arora Bailey Baker Banerjee Barnes Bauer Becker Berg Bianchi "
    "Blake Boateng Bowen Brandt Brooks Burke Byrne Campos Carlsen Carter Castillo Chan Cho Clarke Cohen Collins "
    "Conti Costa Cruz Dahl Das Davies Delgado Diaz Dubois Duarte Duncan Eriksen Evans Farah Ferrari Fischer Fleming "
    "Foster Fournier Fraser Fuentes Garcia Gibson Gomez Gordon Graham Greco Gupta Haas Hale Hansen Harper Hayes "
    "Herrera Hughes Hussain Ibarra Ito Ivanov Jansen Jensen Johansson Kaur Keller Khan Klein Kowalski Krause Kumar "
    "Lambert Larsen Laurent Lehmann Lindqvist Lopez Lund Marino Mendes Meyer Mitchell Moreau Morris Mueller Murphy "
    "Nakamura Nielsen Nguyen Obi Olsen Ortega Osei Park Patel Pereira Peters Popov Price Ramos Rao Reed Reyes Ricci "
    "Roberts Rojas Santos Sato Schmidt Shah Silva Singh Sorensen Stewart Suzuki Svensson Torres Tran Vargas Vogel "
    "Wagner Walsh Weber Wong Yilmaz Young Zhang Zimmermann"
).split()

JOB_TITLES = (
    "Operations Manager",
    "Head of IT",
    "Purchasing Manager",
    "Managing Director",
    "Office Manager",
    "Warehouse Lead",
    "Head of Field Service",
    "Finance Director",
    "IT Administrator",
    "Project Manager",
    "Chief Operating Officer",
    "Customer Service Lead",
)

COMPANY_STEMS = (
    "Alder Amberley Anchor Ashford Aurora Balmoral Bayside Beacon Birchwood Blackwater Bluebell Bridgeport Caldera "
    "Canyon Cascade Castlegate Cedar Clearview Cobalt Copperfield Coral Crestline Crossway Delta Driftwood Eastgate "
    "Elmhurst Evergreen Fairmont Falcon Fernhill Foxglove Frontier Glacier Granite Greenfield Hanover Harrow "
    "Hawthorn Hazelwood Highland Horizon Ironbridge Ivory Juniper Keystone Kingfisher Lakeshore Lantern Larkspur "
    "Lighthouse Longacre Magnolia Maplewood Meridian Millbrook Monarch Nightingale Northgate Oakridge Obsidian "
    "Osprey Palisade Pinecrest Pioneer Quarry Ravenswood Redwood Ridgeway Riverbend Rosewood Saffron Sandstone "
    "Sequoia Silverlake Sparrow Springfield Sterling Stonebridge Sunfield Tamarack Thornbury Tidewater Trailhead "
    "Union Valemont Vanguard Verdant Waverley Westbrook Whitecliff Willow Windmill Woodland Yarrow"
).split()

INDUSTRIES: dict[str, tuple[str, ...]] = {
    "Construction": ("Construction", "Builders", "Roofing", "Civil Works"),
    "Logistics": ("Logistics", "Freight", "Couriers", "Warehousing"),
    "Healthcare": ("Clinics", "Care", "Medical Group", "Dental"),
    "Manufacturing": ("Manufacturing", "Tooling", "Plastics", "Components"),
    "Retail": ("Stores", "Outfitters", "Home & Garden", "Market"),
    "Facilities": ("Facilities", "Property Services", "Elevators", "Cleaning"),
    "Energy": ("Energy", "Solar", "Utilities", "Heating"),
    "Food": ("Foods", "Bakery", "Brewing", "Catering"),
    "Hospitality": ("Hotels", "Resorts", "Events", "Travel"),
    "Professional services": ("Consulting", "Engineering", "Surveyors", "Architects"),
}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A city with what follows from being there. ``postcode`` has a # for each digit."""

    city: str
    country: str
    region: str
    zone: ZoneInfo
    locale: str
    currency: str
    postcode: str
    dialling_prefix: str
    weight: int = 2


def _place(row: str) -> Place:
    city, country, region, zone, locale, currency, postcode, dialling_prefix, weight = row.split("|")
    return Place(
        city=city,
        country=country,
        region=region,
        zone=ZoneInfo(zone),
        locale=locale,
        currency=currency,
        postcode=postcode,
        dialling_prefix=dialling_prefix,
        weight=int(weight),
    )


_NA, _EMEA, _APAC, _LATAM = "North America", "EMEA", "APAC", "LATAM"
PLACES = tuple(
    map(
        _place,
        (
            f"New York|US|{_NA}|America/New_York|en_US|USD|100##|+1212|6",
            f"Boston|US|{_NA}|America/New_York|en_US|USD|021##|+1617|4",
            f"Atlanta|US|{_NA}|America/New_York|en_US|USD|303##|+1404|3",
            f"Chicago|US|{_NA}|America/Chicago|en_US|USD|606##|+1312|5",
            f"Austin|US|{_NA}|America/Chicago|en_US|USD|787##|+1512|4",
            f"Denver|US|{_NA}|America/Denver|en_US|USD|802##|+1303|3",
            f"Seattle|US|{_NA}|America/Los_Angeles|en_US|USD|981##|+1206|4",
            f"Toronto|CA|{_NA}|America/Toronto|en_CA|USD|M5V 2T6|+1416|3",
            f"London|GB|{_EMEA}|Europe/London|en_GB|GBP|EC1A #BB|+44207946|5",
            f"Manchester|GB|{_EMEA}|Europe/London|en_GB|GBP|M1 #AE|+441614960|3",
            f"Berlin|DE|{_EMEA}|Europe/Berlin|de_DE|EUR|101##|+493023125|4",
            f"Munich|DE|{_EMEA}|Europe/Berlin|de_DE|EUR|803##|+498999998|2",
            f"Amsterdam|NL|{_EMEA}|Europe/Amsterdam|nl_NL|EUR|10## AB|+31201234|2",
            f"Paris|FR|{_EMEA}|Europe/Paris|fr_FR|EUR|750##|+33199002|3",
            f"Madrid|ES|{_EMEA}|Europe/Madrid|es_ES|EUR|280##|+34910001|2",
            f"Sydney|AU|{_APAC}|Australia/Sydney|en_AU|USD|20##|+61255500|3",
            f"Singapore|SG|{_APAC}|Asia/Singapore|en_SG|USD|0485##|+656000|2",
            f"Auckland|NZ|{_APAC}|Pacific/Auckland|en_NZ|USD|10##|+6492000|1",
            f"São Paulo|BR|{_LATAM}|America/Sao_Paulo|pt_BR|USD|013##-000|+551150000|2",
            f"Mexico City|MX|{_LATAM}|America/Mexico_City|es_MX|USD|066##|+52555000|2",
        ),
    )
)

STREETS = ("Market Street", "Mill Lane", "Station Road", "Harbour Way", "Park Avenue", "High Street", "Canal Street")
