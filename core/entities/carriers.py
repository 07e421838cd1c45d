"""Data: the carriers known without any configuration, and which of their names are also words."""

from dataclasses import dataclass
from typing import Final

from core.entities.names import word_set


@dataclass(frozen=True, slots=True)
class Carrier:
    """A courier: the name it is called by here, and what else people write."""

    name: str
    aliases: tuple[str, ...] = ()


CARRIERS: Final = (
    Carrier("Amazon Logistics", ("AMZL", "Amazon Shipping")),
    Carrier("An Post"),
    Carrier("Aramex"),
    Carrier("Australia Post", ("AusPost", "Aus Post")),
    Carrier("Blue Dart"),
    Carrier("bpost"),
    Carrier("Canada Post"),
    Carrier("Canpar"),
    Carrier("Chronopost"),
    Carrier("Colissimo"),
    Carrier("Correos"),
    Carrier("Delhivery"),
    Carrier("Deutsche Post"),
    Carrier("DHL", ("DHL Express", "DHL eCommerce", "DHL Parcel")),
    Carrier("DPD", ("DPD Local",)),
    Carrier("Evri", ("Hermes", "myHermes")),
    Carrier("FedEx", ("Fed Ex", "Federal Express", "Fedex Ground")),
    Carrier("GLS"),
    Carrier("InPost"),
    Carrier("La Poste"),
    Carrier("LaserShip", ("Laser Ship",)),
    Carrier("Mondial Relay"),
    Carrier(
        "OnTrac",
    ),
    Carrier("Parcelforce", ("Parcel Force",)),
    Carrier("PostNL", ("Post NL",)),
    Carrier("Purolator"),
    Carrier(
        "Royal Mail",
    ),
    Carrier("Sendle"),
    Carrier("SEUR"),
    Carrier("StarTrack"),
    Carrier("Swiss Post"),
    Carrier("TNT"),
    Carrier("Tuffnells"),
    Carrier("UPS", ("United Parcel Service",)),
    Carrier("USPS", ("US Postal Service", "United States Postal Service")),
    Carrier("Yodel"),
)

# Names that are words or other firms as well. They count as @handle, #hashtag, or with a word of DELIVERY within reach
# and none of these beside them. See couriers.py for the rule.
CAREFUL: Final[dict[str, frozenset[str]]] = {
    "an post": frozenset(),
    "gls": frozenset({"mercedes", "benz", "car", "suv"}),
    "hermes": word_set(
        "bag bags handbag birkin kelly scarf scarves belt silk leather perfume paris boutique watch sandals tie god "
        "olympus myth mythology greek"
    ),
    "tnt": word_set("explosive explosives dynamite minecraft tv channel sports sport dc ac acdc nba"),
    "ups": word_set(
        "downs push pull sit press follow back check start runner grown warm pin line chin stand battery "
        "uninterruptible apc rack outage surge watt watts meet catch hold mix mash round write tie clean"
    ),
    "yodel": word_set("singing sing song alpine yodelling cowboy ay"),
}
DELIVERY: Final = word_set(
    "parcel parcels package packages delivery deliveries deliver delivers delivered delivering redeliver redelivery "
    "driver drivers courier couriers shipment shipments shipped shipping ship tracking tracked track depot van "
    "dispatched dispatch consignment collection collect collected undelivered doorstep porch carrier letterbox mail "
    "missed lost sorting hub post posted order ordered"
)
# What may follow a name inside a handle or hashtag: @UPSHelp, @DPD_UK, #evrifail.
TAILS: Final = word_set(
    "help helps uk us usa eu ie de nl ca au group support care cares cs official delivery deliveries express parcel "
    "parcels global customer customercare customerservice service services online news now fail fails failed failing "
    "sucks scam awful nightmare useless terrible joke lost com"
)
