"""Data: words for things that people order. A brand hands in its own beside them."""

from typing import Final

from core.entities.names import word_set

# In the singular where there is one. Words that mean something else as often (book, watch, case, ring, light, boots)
# are left out on purpose.
PRODUCTS: Final = (
    "air fryer", "armchair", "backpack", "bicycle", "bike", "blender", "bookcase", "bouquet", "bracelet", "cake",
    "camera", "car seat", "carpet", "chair", "charger", "chocolates", "coat", "coffee machine", "console",
    "contact lenses", "cot", "curtain", "cushion", "desk", "dishwasher", "doll", "doorbell", "dress", "drone", "duvet",
    "earbuds", "earring", "flowers", "freezer", "fridge", "glasses", "graphics card", "groceries", "guitar", "hamper",
    "handbag", "hard drive", "headphones", "headset", "hoodie", "hoover", "iPad", "iPhone", "jacket", "jeans", "jumper",
    "kettle", "keyboard", "lamp", "laptop", "lawnmower", "Lego", "mattress", "medication", "microwave", "mirror",
    "necklace", "oven", "perfume", "phone", "pillow", "PlayStation", "pram", "prescription", "printer", "pushchair",
    "raincoat", "rug", "sandal", "scooter", "shirt", "shoe", "skirt", "smartphone", "smartwatch", "socks", "sofa",
    "speaker", "stroller", "suitcase", "sunglasses", "sweater", "t-shirt", "tablet", "television", "tent", "toaster",
    "toy", "trainers", "treadmill", "trousers", "tumble dryer", "TV", "vacuum cleaner", "wardrobe", "washing machine",
    "Xbox",
)  # fmt: skip
# Their singular is a name, a person or nothing at all.
PLURAL_ONLY: Final = frozenset({"jeans", "trainers", "trousers", "glasses", "sunglasses", "groceries"})
# A word or two beside which a product's word means no product: "phone number", "on the phone", "help desk".
NOT_BEFORE: Final = {
    "phone": word_set(
        "number numbers call calls line lines me us you them him her up back support queue agent agents "
        "conversation operator"
    ),
    "tv": word_set("ad advert show series licence license"),
}
NOT_AFTER: Final = {
    "cake": frozenset({"of", "piece of"}),
    "desk": word_set("help service front information enquiry support news"),
    "glasses": frozenset({"of"}),
    "phone": word_set("by via to on over answer please i we and or cant")
    | {"on the", "over the", "by the", "via the", "answer the", "answering the", "up the", "off the", "down the"},
    "tv": frozenset({"on"}),
}
