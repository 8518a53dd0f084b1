"""Towns of the home market, for carriers that name a place in one field, whatever it is.

With the link alone a page shows the town of a place and not its name, which may tell where somebody
lives. A whole text that is the name of a town is therefore worth telling from any other.
"""

import unicodedata
from collections.abc import Mapping

_TOWNS = {
    "EE": """
        Tallinn, Tartu, Narva, Pärnu, Kohtla-Järve, Viljandi, Maardu, Rakvere, Kuressaare,
        Sillamäe, Valga, Võru, Jõhvi, Haapsalu, Keila, Paide, Elva, Saue, Põlva, Tapa, Jõgeva,
        Rapla, Kärdla, Türi""",
    "LV": """
        Rīga, Daugavpils, Liepāja, Jelgava, Jūrmala, Ventspils, Rēzekne, Valmiera, Jēkabpils, Ogre,
        Tukums, Cēsis, Salaspils, Kuldīga, Olaine, Saldus, Talsi, Dobele, Bauska, Sigulda, Krāslava,
        Ludza, Līvāni, Limbaži, Madona, Alūksne, Gulbene, Balvi, Preiļi, Aizkraukle, Smiltene,
        Valka, Ķekava, Mārupe, Ādaži""",
    "LT": """
        Vilnius, Kaunas, Klaipėda, Šiauliai, Panevėžys, Alytus, Marijampolė, Mažeikiai, Jonava,
        Utena, Kėdainiai, Telšiai, Visaginas, Tauragė, Ukmergė, Plungė, Kretinga, Šilutė,
        Radviliškis, Palanga, Druskininkai, Rokiškis, Biržai, Gargždai, Elektrėnai, Kuršėnai,
        Garliava, Jurbarkas, Vilkaviškis, Raseiniai, Anykščiai, Prienai, Joniškis, Kelmė, Varėna,
        Kaišiadorys, Pasvalys, Kupiškis, Zarasai, Skuodas, Molėtai, Šakiai, Šalčininkai, Ignalina,
        Pakruojis, Švenčionys, Trakai, Birštonas""",
}


def plain(name: str) -> str:
    """Lower case without marks, as names are typed both ways."""
    parts = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in parts if not unicodedata.combining(char))


_COUNTRIES: Mapping[str, str] = {
    plain(town.strip()): country for country, towns in _TOWNS.items() for town in towns.split(",")
}


def country_of_town(name: str) -> str | None:
    """The country of this town; None where the text is no town, or more than one."""
    return _COUNTRIES.get(plain(name.strip()))
