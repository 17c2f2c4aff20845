"""The report page as people meet it: by eye, by keyboard, by screen reader, on paper, small, dark."""

import io
import re
from itertools import pairwise

import pypdf
import pytest

from analysis.findings import page_of
from analysis.language import in_language
from analysis.safety import emergency_text
from analysis.wording import blocks
from analysis.wording.blocks import parameters_line

# One worker has the browser: it is started once.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

# WCAG 2.2 at level AA, and what axe-core's authors hold to be good practice, landmarks among it.
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]"
_FOURTEEN_POINT = 14 / 72 * 96
# Short and long side in mm; the margins take 24 mm of either.
_PAPER = {"A4": (210, 297), "Letter": (216, 279)}
_SIZES = """() => [...document.querySelectorAll("h1, h2, h3, p, caption, th, td")]
  .map(each => parseFloat(getComputedStyle(each).fontSize))"""
_WIDTH = "document.documentElement.scrollWidth"


def squeezed(text: str) -> str:
    """Return text without blanks: a line may break anywhere."""
    return re.sub(r"\s", "", text)


def words_of(block) -> list[str]:
    texts = [block.title, *block.alarms, *block.sentences]
    if block.table is not None and block.table.rows:
        texts += [block.table.caption, *block.table.columns]
        texts += [cell for row in block.table.rows for cell in row]
    return texts


def faults_of(page, **options) -> list[tuple[str, str]]:
    """Return what axe-core finds: the rule and the first element that breaks it."""
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": {"type": "tag", "values": _RULES}} | options
    found = Axe().run(page, options=options | {"resultTypes": ["violations", "passes"]}).response
    assert found["passes"], "axe-core did not look"
    return [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found["violations"]]


# ---- found, read and understood by everybody


def test_axe_finds_no_fault(open_page, any_report):
    assert faults_of(open_page(any_report)) == []


def test_axe_finds_no_faint_word_in_the_dark(open_page, alarming_report):
    contrast = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
    assert faults_of(open_page(alarming_report, dark=True), runOnly=contrast) == []


def test_axe_finds_no_fault_on_a_telephone(open_page, report):
    # The colours are those of any width, and take axe-core the longest.
    page = open_page(report, width=320)
    assert faults_of(page, rules={"color-contrast": {"enabled": False}}) == []


def test_axe_sees_a_fault(open_page, small_report):
    page = open_page(small_report)
    page.evaluate("document.querySelector('img').removeAttribute('alt')")
    page.evaluate("document.querySelector('main p').style.color = '#999'")
    assert {rule for rule, _ in faults_of(page)} >= {"image-alt", "color-contrast"}


def test_the_page_is_built_of_landmarks_and_headings(open_page, report):
    page = open_page(report)
    assert page.evaluate("document.documentElement.lang") == "en"
    parts = page.evaluate("[...document.body.children].map(each => each.tagName)")
    assert parts == ["HEADER", "MAIN", "FOOTER"]
    assert page.locator("h1").all_inner_texts() == [page.title()]
    assert page.locator("header h1").count() == 1
    headings = page.evaluate("""[...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
      .map(each => Number(each.tagName[1]))""")
    assert all(level <= before + 1 for before, level in pairwise(headings))


def test_the_footer_has_the_hash_of_the_log(open_page, report):
    (source,) = report.findings.tables["sources"].itertuples()
    about = report.findings.about
    assert open_page(report).locator("footer p").all_inner_texts() == [
        f"{source.file}: SHA-256 {source.sha256}",
        f"rows in/used/refused {about['rows']}/{about['used']}/{about['refused']}, "
        f"reliefbook {about['kit']}. {parameters_line(report.findings)[0]}",
    ]


def test_every_table_has_a_caption_and_its_header_cells_a_scope(open_page, report):
    page = open_page(report)
    assert page.locator("table:not(:has(> caption))").count() == 0
    assert page.locator("th:not([scope=col], [scope=row])").count() == 0
    assert page.locator("tbody tr:not(:has(> th[scope=row]:first-child))").count() == 0
    tables = [block.table for block in blocks(report.findings).values()
              if block.table is not None and block.table.rows]  # fmt: skip
    captions = page.evaluate("[...document.querySelectorAll('caption')].map(e => e.textContent)")
    assert captions[: len(tables)] == [table.caption for table in tables]


def test_every_figure_is_in_words_too(open_page, report):
    page = open_page(report)
    assert page.locator("svg, canvas, object, embed, video").count() == 0
    alts = page.evaluate("[...document.images].map(each => each.alt)")
    shown = [block.alt for block in blocks(report.findings).values() if block.figure]
    assert alts[: len(shown)] == shown
    assert all(len(alt) > 40 for alt in alts)
    assert all(page.evaluate("[...document.images].map(each => each.naturalWidth > 0)"))


def test_a_search_in_the_page_finds_every_sentence_and_number(open_page, any_report):
    text = squeezed(open_page(any_report).locator("body").inner_text())
    for name, block in blocks(any_report.findings).items():
        for words in words_of(block):
            assert squeezed(words) in text, (name, words)


def test_the_emergency_text_stands_whole_above_the_first_figure(open_page, report):
    page = open_page(report)
    text = page.locator("main blockquote").first
    assert " ".join(text.inner_text().split()) == emergency_text()
    for media in ("screen", "print"):
        page.emulate_media(media=media)
        box, figure = text.bounding_box(), page.locator("img").first.bounding_box()
        assert box["y"] + box["height"] <= figure["y"], media


# ---- one file: nothing is fetched, nothing runs


def test_the_page_asks_for_nothing_and_reports_no_error(browser, report):
    context = browser.new_context()
    asked, said = [], []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(report.address)
    page.emulate_media(media="print")
    page.evaluate("document.fonts.ready.then(() => true)")
    context.close()
    assert [url for url in asked if not url.startswith("data:")] == [report.address]
    assert said == []


def test_the_page_has_no_script_and_forbids_all(open_page, report):
    page = open_page(report)
    policy = page.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content")
    assert policy == _POLICY
    active = "script, iframe, object, embed, link, base, form, meta[http-equiv=refresh]"
    assert page.locator(active).count() == 0
    handlers = """[...document.querySelectorAll("*")].flatMap(each => [...each.attributes])
      .filter(each => /^on/i.test(each.name) || /^\\s*javascript:/i.test(each.value))
      .map(each => each.name)"""
    assert page.evaluate(handlers) == []


def test_the_policy_stops_a_script_and_a_request(open_page, small_report):
    page = open_page(small_report)
    stopped = page.evaluate("""() => new Promise(done => {
      const stopped = [];
      document.addEventListener("securitypolicyviolation", event => {
        if (stopped.push(event.effectiveDirective) === 2) done(stopped);
      });
      const script = document.createElement("script");
      script.textContent = "document.title = 'ran'";
      const image = new Image();
      image.src = "https://example.org/x.png";
      document.body.append(script, image);
      setTimeout(() => done(stopped), 5000);
    })""")
    assert sorted(stopped) == ["img-src", "script-src-elem"]
    assert page.title() != "ran"


# ---- by keyboard


def test_the_tab_key_goes_through_the_page_in_order_and_shows_where_it_is(open_page, report):
    page = open_page(report, width=320)
    labels = page.evaluate(
        f"[...document.querySelectorAll('{_FOCUSABLE}')].map(each => each.ariaLabel)"
    )
    assert len(labels) == page.locator("table, img").count()
    assert all(labels)
    for label in labels:
        page.keyboard.press("Tab")
        focus = page.evaluate("""() => {
          const style = getComputedStyle(document.activeElement);
          return [document.activeElement.ariaLabel, style.outlineStyle, style.outlineWidth];
        }""")
        assert focus == [label, "solid", "3px"]


def test_a_wide_table_scrolls_by_the_arrow_keys(open_page, report):
    page = open_page(report, width=320)
    tables = page.locator(".scroll:has(table)")
    wide = tables.evaluate_all("all => all.findIndex(one => one.scrollWidth > one.clientWidth)")
    assert wide >= 0
    table = tables.nth(wide)
    table.focus()
    table.evaluate("""each => { window.scrolled = new Promise(done => {
      each.addEventListener("scrollend", () => done(each.scrollLeft));
      setTimeout(() => done(0), 5000); }); }""")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("scrolled") > 0


# ---- small, zoomed, spread, large, dark


def test_the_page_never_scrolls_sideways(open_page, report):
    page = open_page(report)
    for size in ("normal", "large"):
        page.evaluate(f"document.documentElement.dataset.size = '{size}'")
        # A window of 1280 at 400 % and at 200 %.
        for width in (320, 640):
            page.set_viewport_size({"width": width, "height": 640})
            assert page.evaluate(_WIDTH) <= width, size
    # What does scroll is for everybody to scroll, and has a name.
    scrolling = page.evaluate("""[...document.querySelectorAll("body *")]
      .filter(each => ["auto", "scroll"].includes(getComputedStyle(each).overflowX))
      .map(each => [each.tabIndex, each.role, Boolean(each.ariaLabel)])""")
    assert scrolling == [[0, "group", True]] * page.locator("table, img").count()


def test_text_spaced_wider_is_not_cut_off(open_page, report):
    page = open_page(report, width=320)
    # WCAG 1.4.12: what a reader may set without losing anything.
    page.evaluate("""() => { for (const each of document.querySelectorAll("body *"))
      each.style.cssText += "line-height: 1.5 !important; letter-spacing: .12em !important;" +
                            "word-spacing: .16em !important"; }""")
    assert page.evaluate(_WIDTH) <= 320
    hidden = """[...document.querySelectorAll("body :not(img)")]
      .filter(each => ["hidden", "clip"].includes(getComputedStyle(each).overflowY)).length"""
    assert page.evaluate(hidden) == 0


def test_large_print_has_no_letter_under_14_point(open_page, report):
    page = open_page(report)
    assert min(page.evaluate(_SIZES)) < _FOURTEEN_POINT
    page.evaluate("document.documentElement.dataset.size = 'large'")
    for media in ("screen", "print"):
        page.emulate_media(media=media)
        assert min(page.evaluate(_SIZES)) == pytest.approx(_FOURTEEN_POINT, abs=0.01), media


def inside(page, figure) -> bytes:
    """Return a figure as it is seen, less its edge, which blends with the page around it."""
    figure.scroll_into_view_if_needed()
    box = figure.bounding_box()
    return page.screenshot(clip={"x": box["x"] + 4, "y": box["y"] + 4,
                                 "width": box["width"] - 8, "height": box["height"] - 8})  # fmt: skip


def test_a_dark_page_shows_the_same_figures_on_a_white_sheet(open_page, small_report):
    light, dark = open_page(small_report), open_page(small_report, dark=True)
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    assert light.evaluate(paper) == "rgb(255, 255, 255)"
    assert dark.evaluate(paper) == "rgb(22, 24, 29)"
    for one, other in zip(light.locator("img").all(), dark.locator("img").all(), strict=True):
        light.bring_to_front()
        seen = inside(light, one)
        dark.bring_to_front()
        assert inside(dark, other) == seen
    dark.emulate_media(media="print", color_scheme="dark")
    assert dark.evaluate(paper) == "rgb(255, 255, 255)"


# ---- on paper


def printed(page, paper: str) -> list[str]:
    """Return the words of the first two printed pages without their foot, blanks squeezed out."""
    content = page.pdf(prefer_css_page_size=True, page_ranges="1-2")
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    sheets = [[float(side) / 72 * 25.4 for side in each.mediabox[2:]] for each in pages]
    assert sheets == [pytest.approx(_PAPER[paper], abs=1)] * 2
    foot = squeezed(" ".join(page.locator("footer p").all_text_contents()))
    texts = [squeezed(each.extract_text()) for each in pages]
    assert all(foot in text for text in texts)
    number = re.compile(r"(page[12]of|Seite[12]von)\d+")
    assert all(number.search(text) for text in texts)
    return [number.sub("", text.replace(foot, "")) for text in texts]


def second_title(report) -> str:
    """Return the heading that the second page of the PDF opens with."""
    page = squeezed(pypdf.PdfReader(report.pdf).pages[1].extract_text())
    titles = [block.title for block in blocks(report.findings).values()]
    return next(title for title in titles if page.startswith(squeezed(title)))


def test_the_first_printed_page_holds_all_that_comes_before_the_second(open_page, any_report):
    holds_all_before_the_second(open_page(any_report), any_report, "A4")


def test_it_does_so_on_letter_too(open_page, on_letter):
    holds_all_before_the_second(open_page(on_letter), on_letter, "Letter")


def holds_all_before_the_second(page, report, paper: str) -> None:
    first, second = printed(page, paper)
    with in_language(page_of(report.findings).language):
        assert squeezed(emergency_text(page_of(report.findings).locale)) in first
    opens = second_title(report)
    assert second.startswith(squeezed(opens))
    for name, block in blocks(report.findings).items():
        if block.title == opens:
            break
        # On paper the files and their hash are in the foot of every page.
        on_paper = block._replace(table=None) if name == "data" else block
        for words in words_of(on_paper):
            assert squeezed(words) in first, (name, words)
    else:
        pytest.fail("no block opens the second page")


def test_nothing_is_wider_than_the_paper(open_page, report):
    # A page that is too wide is printed smaller than it says. Large print lies on its side.
    page = open_page(report)
    page.emulate_media(media="print")
    for paper, sides in _PAPER.items():
        for size, side in zip(["normal", "large"], sides, strict=True):
            width = int((side - 24) / 25.4 * 96)
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(f"document.documentElement.dataset.size = '{size}'")
            assert page.evaluate(_WIDTH) <= width, (paper, size)
