"""The vocabulary against the guide it comes from, word for word."""

from collections import defaultdict
from importlib.resources import files

import pytest
import yaml

from analysis.sessions import COLUMN
from analysis.vocabulary import COMBINED, REST, clean, fold, vocabulary

# guide.md, 1: region -> what the guide names in it (g) and what was added (+).
ANATOMY = {
    "lower_back": (["sacrum", "coccyx"], ["lumbar erectors", "quadratus lumborum"]),
    "buttocks": (["piriformis"], ["gluteus maximus", "gluteus medius", "gluteus minimus"]),
    "thighs": (
        ["hamstrings", "adductors"],
        [
            "biceps femoris",
            "semitendinosus",
            "semimembranosus",
            "adductor longus",
            "adductor brevis",
            "adductor magnus",
            "gracilis",
        ],
    ),
    "feet": (["arch"], ["plantar fascia", "small foot muscles"]),
}
# guide.md, 1: "Subregions, optional", each with the region whose anatomy names it.
SUBREGIONS = {
    "sacrum": "lower_back",
    "coccyx": "lower_back",
    "piriformis": "buttocks",
    "hamstrings": "thighs",
    "adductors": "thighs",
    "arch": "feet",
}
# guide.md, 2: code -> kind, what people write, regions in the guide ("legs" are the thighs).
# The guide gives combined and other no kind: the vocabulary calls them mixed.
ALL_FOUR = ["lower_back", "buttocks", "thighs", "feet"]
BACK_AND_LEGS = ["lower_back", "thighs"]
TECHNIQUES = {
    "circular_strokes": ("hand", ["circles", "circular massage", "rubbing"], BACK_AND_LEGS),
    "pressure": ("hand", ["pressing", "press and hold"], ALL_FOUR),
    "trigger_point_release": ("hand", ["TrP", "knots", "knot release"], ALL_FOUR),
    "deep_tissue_massage": ("hand", ["deep tissue", "DTM"], ALL_FOUR),
    "acupressure": ("hand", ["acupoints"], ALL_FOUR),
    "tennis_ball": ("tool", ["tennisball", "t-ball"], ["lower_back"]),
    "piriformis_stretcher": ("tool", ["stretcher", "stretcher device"], ALL_FOUR),
    "stretching": ("exercise", ["stretch", "figure 4", "hamstring stretch"], BACK_AND_LEGS),
    "strengthening": ("exercise", ["strength", "bridges", "clams"], BACK_AND_LEGS),
    "yoga": ("exercise", ["hatha"], BACK_AND_LEGS),
    "pilates": ("exercise", ["reformer", "mat"], BACK_AND_LEGS),
    "rest": ("control", ["nothing", "control", "lay down"], []),
    "combined": ("mixed", ["mixed"], []),
    "other": ("mixed", ["massage"], []),
}
ADDED_TECHNIQUES = {"rest", "combined", "other"}
ADDED_REGIONS = {"hip", "calf", "other", "combined"}


@pytest.fixture(scope="module")
def source() -> dict:
    """Return the file as it is written, before any table is made of it."""
    return yaml.safe_load(files("analysis").joinpath("vocabulary.yml").read_text("utf-8"))


def entries(source: dict) -> list[dict]:
    return [*source["regions"], *source["subregions"], *source["techniques"]]


def words_of(entry: dict) -> list[str]:
    return [entry["code"], entry["name"], *entry["aliases"]]


def meanings(pairs) -> dict[str, set[str]]:
    """Return folded word -> everything that it is given as a word for."""
    found = defaultdict(set)
    for word, meaning in pairs:
        found[fold(word)].add(meaning)
    return found


# The data


@pytest.mark.parametrize("group", ["regions", "subregions", "techniques"])
def test_codes_are_unique(source, group):
    codes = [entry["code"] for entry in source[group]]
    assert sorted(set(codes)) == sorted(codes)


def test_no_code_names_both_a_region_and_a_part(source):
    regions = {entry["code"] for entry in source["regions"]}
    assert regions.isdisjoint(entry["code"] for entry in source["subregions"])


@pytest.mark.parametrize("groups", [("regions", "subregions"), ("techniques",)])
def test_every_word_means_one_code(source, groups):
    # A part may be logged as the region: one word must not mean a region and a part.
    found = meanings(
        (word, entry["code"])
        for group in groups
        for entry in source[group]
        for word in words_of(entry)
    )
    assert {word: codes for word, codes in found.items() if len(codes) > 1} == {}


def test_every_answer_means_one_value(source):
    for column, values in (source["answers"] | {"yes_no": source["yes_no"]}).items():
        found = meanings(
            (word, value) for value, words in values.items() for word in [value, *words]
        )
        assert {word: one for word, one in found.items() if len(one) > 1} == {}, column


def test_every_header_means_one_column(source):
    found = meanings(
        (word, column) for column, words in source["headers"].items() for word in [column, *words]
    )
    assert {word: columns for word, columns in found.items() if len(columns) > 1} == {}
    assert set(source["headers"]) == {*COLUMN, "session_number", "clock"}


def test_every_word_is_text(source):
    # Plain YAML reads yes, no, on, null and digits as something else.
    words = [word for entry in entries(source) for word in words_of(entry)]
    words += [word for values in source["headers"].values() for word in values]
    for values in [*source["answers"].values(), source["yes_no"]]:
        words += [word for value, others in values.items() for word in [value, *others]]
    words += [word for table in source["ambiguous"].values() for word in table]
    words += source["missing"]
    assert [word for word in words if not isinstance(word, str)] == []


def test_no_word_is_a_missing_word(source):
    # Such a word would never be read: a missing word is looked up first.
    words = [word for entry in entries(source) for word in words_of(entry)]
    for values in [*source["answers"].values(), source["yes_no"]]:
        words += [word for value, others in values.items() for word in [value, *others]]
    assert [word for word in words if fold(word) in vocabulary().missing] == []


def test_the_missing_words_are_those_of_the_formats():
    # formats.md, 2: `-`, NA, N/A, none, null, nan, blank; and an empty cell.
    assert vocabulary().missing == {"", "na", "n/a", "none", "null", "nan", "blank"}
    assert fold("-") in vocabulary().missing


def test_every_entry_says_where_it_comes_from(source):
    assert {entry["source"] for entry in entries(source)} == {"guide", "added"}


def test_every_region_has_a_caution():
    regions = vocabulary().regions
    assert regions["code"][regions["caution"].str.strip() == ""].tolist() == []
    assert regions["caution"].notna().all()


# The guide


def test_the_regions_are_those_of_the_guide_in_its_order():
    regions = vocabulary().regions.set_index("code")
    named = regions[regions["source"] == "guide"]
    assert named.index.tolist() == list(ANATOMY)
    assert set(regions.index) - set(named.index) == ADDED_REGIONS
    for region, (guide, added) in ANATOMY.items():
        assert named.loc[region, "anatomy_guide"] == guide
        assert named.loc[region, "anatomy_added"] == added


def test_the_parts_of_the_guide_are_there_with_their_region():
    subregions = vocabulary().subregions.set_index("code")
    named = subregions[subregions["source"] == "guide"]
    assert named["region"].to_dict() == SUBREGIONS
    assert set(subregions["region"]) <= set(vocabulary().regions["code"])


@pytest.mark.parametrize("region", ANATOMY)
def test_every_muscle_named_is_a_word_for_its_region_or_part(region):
    # "small foot muscles" is a description and no name of one; nobody logs it.
    guide, added = ANATOMY[region]
    parents = dict(vocabulary().subregions[["code", "region"]].to_numpy())
    for muscle in {*guide, *added} - {"small foot muscles"}:
        part = vocabulary().words["subregion"][muscle]
        assert vocabulary().words["region"][muscle] == part
        assert parents[part] == region


def test_the_techniques_are_those_of_the_guide_in_its_order():
    techniques = vocabulary().techniques.set_index("code")
    assert techniques["kind"].to_dict() == {code: kind for code, (kind, *_) in TECHNIQUES.items()}
    assert techniques.index.tolist() == list(TECHNIQUES)
    added = techniques.index[techniques["source"] == "added"]
    assert set(added) == ADDED_TECHNIQUES
    assert REST in added
    assert COMBINED in added


@pytest.mark.parametrize(
    ("word", "code"),
    [(word, code) for code, (_, words, _) in TECHNIQUES.items() for word in words],
)
def test_what_people_write_means_what_the_guide_says(word, code):
    assert vocabulary().words["technique"][fold(word)] == code
    assert vocabulary().words["tool"][fold(word)] == code


@pytest.mark.parametrize("code", TECHNIQUES)
def test_the_regions_of_a_technique_are_those_of_the_guide(code):
    regions = vocabulary().regions
    named = regions["code"][[code in techniques for techniques in regions["techniques"]]]
    assert named.tolist() == TECHNIQUES[code][2]


@pytest.mark.parametrize(
    "word",
    ["piriformis stretcher", "Piriformis-Stretcher", "stretcher", "piriformis stretcher device"],
)
def test_the_piriformis_stretcher_is_the_tool_and_never_stretching(word):
    assert vocabulary().words["technique"][fold(word)] == "piriformis_stretcher"
    assert vocabulary().words["tool"][fold(word)] == "piriformis_stretcher"


@pytest.mark.parametrize("word", ["ball", "pressure points", "piriformis stretch", "rolling"])
def test_an_ambiguous_word_is_suggested_and_never_applied(word):
    assert fold(word) not in vocabulary().words["technique"]
    assert fold(word) not in vocabulary().words["tool"]
    assert len(vocabulary().ambiguous["technique"][fold(word)]) > 1


def test_ball_and_pressure_points_suggest_what_they_may_mean():
    ambiguous = vocabulary().ambiguous["technique"]
    assert ambiguous["ball"] == ["tennis_ball", "other"]
    assert ambiguous["pressure points"] == ["acupressure", "trigger_point_release", "pressure"]


def test_no_ambiguous_word_has_a_meaning_and_every_suggestion_is_a_code():
    for column, table in vocabulary().ambiguous.items():
        words = vocabulary().words[column]
        assert set(table).isdisjoint(words)
        assert {code for codes in table.values() for code in codes} <= set(words.values())


@pytest.mark.parametrize("word", ["foam roller", "lacrosse ball", "massage gun", "roller"])
def test_harder_balls_rollers_and_guns_are_other(word):
    assert vocabulary().words["technique"][word] == "other"


def test_physical_therapy_is_no_technique():
    assert fold("physical therapy") not in vocabulary().words["technique"]


# Folding and looking up


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("", ""),
        ("  Lower-Back ", "lower back"),
        ("lower_back", "lower back"),
        ("lower \t-_  back", "lower back"),
        ("-", ""),
        ("__", ""),
        ("T-Ball", "t ball"),
        ("pain before (0-10)", "pain before (0 10)"),
        ("FUSS", "fuss"),
        ("Fuß", "fuss"),
        ("Gesa\u0308ß", "gesäss"),  # a and a combining diaeresis are one letter
        ("\ufeffdate", "date"),  # a byte-order mark
        ("da\u00adte", "date"),  # a soft hyphen
        ("da\u200b\u200dte\u2060", "date"),  # zero-width characters
        ("\u202edate\u202c", "date"),  # direction marks
        ("da\u00a0te", "da te"),  # a no-break space is a blank
        ("n/a", "n/a"),
        ("ДА", "да"),
        ("٧", "٧"),  # digits stay what they are
    ],
)
def test_fold(word, folded):
    assert fold(word) == folded
    assert fold(folded) == folded


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  Lower-Back \n", "Lower-Back"),
        ("\ufeffP01\u200b", "P01"),
        ("Gesa\u0308ß", "Gesäß"),
        ("a  b", "a  b"),
    ],
)
def test_clean_takes_away_only_what_nobody_sees(text, cleaned):
    assert clean(text) == cleaned


def test_names_and_order_follow_the_guide_and_own_terms_come_last():
    words = vocabulary()
    assert words.name("region", "lower_back") == "lower back"
    assert words.name("technique", "pilates") == "Pilates"
    assert words.name("technique", "magnet") == "magnet"
    assert words.order("region", ["feet", "zone b", "lower_back", "zone a", "thighs"]) == [
        "lower_back",
        "thighs",
        "feet",
        "zone a",
        "zone b",
    ]
    assert words.order("technique", {"rest", "acupressure", "pressure"}) == [
        "pressure",
        "acupressure",
        "rest",
    ]


def test_every_code_and_name_is_a_word_for_itself():
    for column, frame in [
        ("region", vocabulary().regions),
        ("subregion", vocabulary().subregions),
        ("technique", vocabulary().techniques),
    ]:
        words = vocabulary().words[column]
        for entry in frame.itertuples():
            assert words[fold(entry.code)] == words[fold(entry.name)] == entry.code


def test_every_technique_of_a_region_is_a_technique():
    codes = set(vocabulary().techniques["code"])
    assert {code for row in vocabulary().regions["techniques"] for code in row} <= codes
