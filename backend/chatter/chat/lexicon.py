"""Word lists that reading a claim needs: units, number words, negations, opposites, and words that carry no content.

English and German, because those are what our documents are tested with; in other languages fewer sentences verify.
"""

__all__ = ["CURRENCIES", "NEGATORS", "NUMBER_WORDS", "OPPOSITES", "STOP_WORDS", "UNITS"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _synonyms(text: str) -> dict[str, str]:
    """Read lines of `canonical: word word …`."""
    lines = (line.partition(":") for line in text.strip().splitlines())
    return {word: canonical.strip() for canonical, _, words in lines for word in words.split()}


def _pairs(text: str) -> dict[str, str]:
    """Read `a/b` pairs in both directions."""
    pairs = [pair.split("/") for pair in text.split()]
    return {a: b for pair in pairs for a, b in (pair, pair[::-1])}


CURRENCIES = {"€": "euro", "$": "dollar", "£": "pound", "¥": "yen", "%": "percent"}

NUMBER_WORDS = _synonyms("""
0: zero null
2: two zwei
3: three drei
4: four vier
5: five fünf
6: six sechs
7: seven sieben
8: eight acht
9: nine neun
10: ten zehn
11: eleven elf
12: twelve zwölf
13: thirteen
14: fourteen vierzehn
15: fifteen
16: sixteen
17: seventeen
18: eighteen
19: nineteen
20: twenty zwanzig
30: thirty dreißig
40: forty
50: fifty
60: sixty
70: seventy
80: eighty
90: ninety
100: hundred hundert
1000: thousand tausend
""")
"""`one` is missing on purpose: it is mostly a pronoun."""

UNITS = _synonyms("""
day: day days tag tage tagen
week: week weeks woche wochen
month: month months monat monate monaten
year: year years jahr jahre jahren
hour: hour hours hr hrs h stunde stunden
minute: minute minutes min mins minuten
second: second seconds sec secs sekunde sekunden
percent: percent percentage prozent
euro: euro euros eur
dollar: dollar dollars usd
pound: pound pounds gbp
million: million millions mio
billion: billion billions mrd
kg: kg kilogram kilograms
g: g gram grams
mg: mg
tonne: t tonne tonnes ton tons
km: km kilometre kilometres kilometer kilometers
m: m metre metres meter meters
cm: cm
mm: mm
kb: kb
mb: mb
gb: gb
tb: tb
kw: kw
kwh: kwh
ms: ms
am: am
pm: pm
""")

NEGATORS = _words("""
not no never without cannot none neither nor nobody nothing unable unless
nicht kein keine keinen keiner nie ohne pas sans jamais
""")

OPPOSITES = _pairs("""
increas/decreas befor/after minimum/maximum least/most more/less abov/below earli/lat first/last includ/exclud
allow/forbid allow/prohibit permit/prohibit accept/reject internal/external buy/sell enabl/disabl start/end open/clos
requir/optional mandator/optional high/low rais/low gain/loss profit/loss import/export
""")
"""Stems of words that turn a sentence into its contrary."""

STOP_WORDS = _words("""
a an the this that these those it its they them their there here he she his her we our you your i my me us
is are was were be been being am do does did done has have had having will would shall should may might can could
of to in on at by for from with within into onto over under about as than then so such per via and or but if when while
which who whom whose what where why how also only just very all any each every both either some other same own
up out off again further once according based following therefore however thus must need needs
document documents passage passages text source says states stated mentions mentioned provided given
der die das ein eine einen einem einer des den dem und oder aber wenn ist sind war waren wird werden wurde hat haben
von zu im in am an auf bei für aus mit nach über unter als auch nur sich es er sie wir ihr sein ihre
""")
