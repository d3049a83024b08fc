// The page in a browser: its controls are used, and what is then there is looked at.
#include "io/temp_folder.hpp"
#include "report/page.hpp"

#include <array>
#include <cstdio>

using namespace transst;

namespace {

/// Chromium, by any of its names; empty where there is none.
std::string browser() {
    const char* path = std::getenv("PATH");
    std::stringstream folders(path ? path : "");
    for (std::string folder; std::getline(folders, folder, ':');)
        for (const char* name : {"chromium", "chromium-browser", "google-chrome"}) {
            std::error_code ignored;
            const auto program = std::filesystem::path(folder) / name;
            if (std::filesystem::exists(program, ignored)) return program.string();
        }
    return {};
}

std::string output_of(const std::string& command) {
    std::FILE* pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string out;
    std::array<char, 4096> part{};
    for (std::size_t got; (got = std::fread(part.data(), 1, part.size(), pipe)) > 0;)
        out.append(part.data(), got);
    ::pclose(pipe);
    return out;
}

/// Opens the page, so many pixels wide, and runs `script` in it, which returns what is then read
/// here as JSON. A window cannot be as narrow as a phone, a frame in it can.
nlohmann::json in_browser(const std::string& program, std::string page, const std::string& script,
                          int width = 1000, const std::string& more = "") {
    const support::TempFolder folder;
    const std::string end = "</body>", mark = "what the test saw: ";
    page.replace(page.rfind(end), end.size(),
                 "<script>{let saw;\ntry { saw = (() => {" + script +
                     "})(); } catch (error) { saw = {error: String(error)}; }\n"
                     "parent.postMessage(encodeURIComponent(JSON.stringify(saw)), '*');}</script>"
                     "</body>");
    folder.put("page.html", page);
    folder.put("frame.html", text("<iframe src='page.html' width='", width,
                                  "' height='900' style='border: 0'></iframe><p></p>"
                                  "<script>onmessage = event => {"
                                  "document.querySelector('p').textContent = '",
                                  mark, "' + event.data + ';'; };</script>"));
    const auto dom = output_of("timeout 120 '" + program +
                               "' --headless --no-sandbox --disable-gpu --window-size=1100,950 "
                               "--virtual-time-budget=10000 " +
                               more + " --user-data-dir='" + folder.path.string() +
                               "/profile' --dump-dom 'file://" + folder.path.string() +
                               "/frame.html' 2>/dev/null");
    const auto at = dom.rfind(mark + "%");
    INFO(dom.substr(0, 2000));
    REQUIRE(at != dom.npos);
    const auto coded = dom.substr(at + mark.size(), dom.find(';', at) - at - mark.size());
    std::string words;  // percent signs back into what they stand for
    for (std::size_t i = 0; i < coded.size(); ++i)
        if (coded[i] == '%') {
            words += static_cast<char>(std::stoi(coded.substr(i + 1, 2), nullptr, 16));
            i += 2;
        } else {
            words += coded[i];
        }
    return nlohmann::json::parse(words);
}

// what every script below may use
const std::string tools = R"js(
const all = what => [...document.querySelectorAll(what)];
const texts = what => all(what).map(one => one.textContent);
const pressed = () => all('#views [aria-pressed=true]').map(one => one.textContent);
const colorAt = i => {
  spots = null;
  draw();
  const f = frame();
  return [...pen.getImageData(Math.round(placed[2 * i] * f.scale + f.left),
                              Math.round(placed[2 * i + 1] * f.scale + f.top), 1, 1).data];
};
)js";

#define NEED_BROWSER(name)              \
    const std::string name = browser(); \
    if (name.empty()) TRANSST_SKIP("install Chromium to run this test")

}  // namespace

TEST_CASE("the page's controls do what they say") {
    NEED_BROWSER(program);
    const auto [at, cluster, report] = support::small_page();
    const auto seen = in_browser(program, html_report(at, cluster, 3, report), tools + R"js(
const out = {};
out.title = document.title;
out.heading = texts('h1');
out.bold = all('b').length;
out.scripts = all('script').length;
out.fetched = performance.getEntriesByType('resource').length;

out.views = texts('#views button');
out.at_first = {pressed: pressed(), legend: texts('#legend li'), colors: [0, 2, 4, 5].map(colorAt)};
all('#views button')[1].click();
out.by_name = {pressed: pressed(), legend: texts('#legend li .what'), label: canvas.ariaLabel ||
  canvas.getAttribute('aria-label')};
all('#views button')[3].click();
out.by_label = {pressed: pressed(), legend: texts('#legend li .what'), colors: [0, 2, 4].map(colorAt)};
all('#views button')[2].click();
out.by_confidence = {legend: texts('#legend .ends span'), colors: [0, 2].map(colorAt)};

all('#views button')[0].click();
all('#legend button')[1].click();
out.alone = {pressed: texts('#legend [aria-pressed=true] .count'), colors: [0, 2].map(colorAt)};
all('#legend button')[1].click();

const gene = document.getElementById('gene');
out.genes = texts('#gene optgroup').length + ' ' + texts('#gene option').length;
gene.value = '0';
gene.dispatchEvent(new Event('change'));
out.by_gene = {pressed: pressed(), title: texts('#legend h3'), ends: texts('#legend .ends span'),
               picked: texts('#markers [aria-pressed=true]')};

const rows = () => all('#markers tbody tr').map(row => row.cells[5].textContent);
out.unsorted = rows();
const auc = all('#markers th button')[5];
auc.click();
out.falling = [rows(), auc.parentNode.ariaSort || auc.parentNode.getAttribute('aria-sort')];
auc.click();
out.rising = rows();
const limit = document.getElementById('of-cluster');
limit.value = '2';
limit.dispatchEvent(new Event('change'));
out.limited = [rows(), texts('#shown')];
limit.value = '';
limit.dispatchEvent(new Event('change'));
const find = document.getElementById('find');
find.value = 'ensg1';
find.dispatchEvent(new Event('input'));
out.found = rows();
out.q = (find.value = '', find.dispatchEvent(new Event('input')),
         all('#markers tbody tr').map(row => row.cells[6].textContent));
all('#markers td button')[0].click();
out.picked = texts('#legend h3');

out.confusion = all('#confusion tbody tr').map(row => [...row.cells].slice(1).map(c => c.firstChild.textContent));
out.matched = texts('#confusion .match');
out.words = [texts('#decisions li'), texts('#warnings li'), texts('#times dd')];
out.charts = all('#curves svg').length + ' ' + all('#curves .chosen').length;
return out;
)js");
    INFO(seen.dump(1));
    REQUIRE_FALSE(seen.contains("error"));
    const auto hostile = support::hostile;
    CHECK(seen["title"] == hostile);
    CHECK(seen["heading"] == nlohmann::json{hostile});
    CHECK(seen["bold"] == 0);
    CHECK(seen["scripts"] == 3);  // the data, the page's own, the test's
    CHECK(seen["fetched"] == 0);

    CHECK(seen["views"] == nlohmann::json({"Cluster", "Name", "Confidence", "Known label"}));
    CHECK(seen["at_first"]["pressed"] == nlohmann::json{"Cluster"});
    CHECK(seen["at_first"]["legend"] ==
          nlohmann::json({"1 cortexconfidence 0.902", "2 " + hostile + "2",
                          "3 white matterconfidence 0.25, novel1", "NA1"}));
    // #0072B2, #E69F00, #009E73 of the palette
    CHECK(seen["at_first"]["colors"][0] == nlohmann::json({0, 0x72, 0xB2, 255}));
    CHECK(seen["at_first"]["colors"][1] == nlohmann::json({0xE6, 0x9F, 0, 255}));
    CHECK(seen["at_first"]["colors"][2] == nlohmann::json({0, 0x9E, 0x73, 255}));
    CHECK(seen["by_name"]["pressed"] == nlohmann::json{"Name"});
    CHECK(seen["by_name"]["legend"] == nlohmann::json({"cortex", hostile, "white matter", "NA"}));
    CHECK(seen["by_name"]["label"] == "6 spots, coloured by Name");
    // a known label has the colour of the cluster of that name
    CHECK(seen["by_label"]["legend"] == nlohmann::json({"white matter", hostile, "NA"}));
    CHECK(seen["by_label"]["colors"][0] == seen["at_first"]["colors"][2]);
    CHECK(seen["by_label"]["colors"][1] == seen["at_first"]["colors"][1]);
    CHECK(seen["by_confidence"]["legend"] == nlohmann::json({"0.00", "1.00"}));
    CHECK(seen["by_confidence"]["colors"][0] != seen["by_confidence"]["colors"][1]);
    CHECK(seen["alone"]["pressed"] == nlohmann::json{"2"});
    CHECK(seen["alone"]["colors"][0] != seen["at_first"]["colors"][0]);
    CHECK(seen["alone"]["colors"][1] == seen["at_first"]["colors"][1]);

    CHECK(seen["genes"] == "2 4");  // a line for each marker, and one for none
    CHECK(seen["by_gene"]["pressed"].empty());
    CHECK(seen["by_gene"]["title"] == nlohmann::json{"FIRST"});
    CHECK(seen["by_gene"]["ends"] == nlohmann::json({"0.00", "5.00"}));
    CHECK(seen["by_gene"]["picked"] == nlohmann::json{"FIRST"});

    CHECK(seen["unsorted"] == nlohmann::json({"0.800", "0.700", "0.900"}));
    CHECK(seen["falling"][0] == nlohmann::json({"0.900", "0.800", "0.700"}));
    CHECK(seen["falling"][1] == "descending");
    CHECK(seen["rising"] == nlohmann::json({"0.700", "0.800", "0.900"}));
    CHECK(seen["limited"] ==
          nlohmann::json::parse(R"([["0.900"],["1 row of each cluster’s best markers"]])"));
    CHECK(seen["found"] == nlohmann::json{"0.800"});
    CHECK(seen["q"][0] == "2.6e-869");  // exp(-2000), which no double holds
    CHECK(seen["picked"] == nlohmann::json{hostile});

    CHECK(seen["confusion"] == nlohmann::json::parse(R"([["2","0"],["1","1"],["0","0"]])"));
    CHECK(seen["matched"] == nlohmann::json({"2 matched", "1 matched"}));
    CHECK(seen["words"][0] == nlohmann::json{hostile});
    CHECK(seen["words"][1] == nlohmann::json({hostile, "another"}));
    CHECK(seen["words"][2] == nlohmann::json({"0.50 s", "1.25 s", "1.75 s"}));
    CHECK(seen["charts"] == "1 1");
}

TEST_CASE("the page tells about the spot under the pointer, or reached by keys") {
    NEED_BROWSER(program);
    const auto [at, cluster, report] = support::small_page();
    const auto seen = in_browser(program, html_report(at, cluster, 3, report), tools + R"js(
const out = {}, tip = document.getElementById('tip');
const over = (i, type = 'pointermove', pointerType = 'mouse') => {
  const f = frame(), box = canvas.getBoundingClientRect();
  canvas.dispatchEvent(new PointerEvent(type, {pointerType, bubbles: true,
    clientX: box.left + (placed[2 * i] * f.scale + f.left) / f.dots,
    clientY: box.top + (placed[2 * i + 1] * f.scale + f.top) / f.dots}));
};
out.before = tip.classList.contains('hidden');
over(1);
out.mouse = [...tip.children].map(line => line.textContent);
over(3, 'pointerdown', 'touch');
out.touch = [...tip.children].map(line => line.textContent);
canvas.dispatchEvent(new PointerEvent('pointerleave', {pointerType: 'mouse'}));
out.left = tip.classList.contains('hidden');
const key = name => canvas.dispatchEvent(new KeyboardEvent('keydown', {key: name}));
key('ArrowRight');
key('ArrowRight');
out.keys = document.getElementById('told').textContent;
const whole = document.getElementById('whole');
out.zoom = [view.zoom, whole.disabled];
document.getElementById('closer').click();
out.closer = [view.zoom, whole.disabled];
key('Escape');
out.whole = [view.zoom, whole.disabled];
return out;
)js");
    INFO(seen.dump(1));
    REQUIRE_FALSE(seen.contains("error"));
    CHECK(seen["before"] == true);
    CHECK(seen["mouse"] ==
          nlohmann::json({support::hostile, "Section first", "Cluster 1", "Name cortex",
                          "Confidence 0.50", "Known label white matter"}));
    CHECK(seen["touch"] ==
          nlohmann::json({"s4", "Section second", "Cluster 2", "Name " + support::hostile,
                          "Known label white matter"}));
    CHECK(seen["left"] == true);
    CHECK(seen["keys"].get<std::string>().starts_with("Spot s3, Section first, "));
    CHECK(seen["zoom"] == nlohmann::json({1, true}));
    CHECK(seen["closer"] == nlohmann::json({1.6, false}));
    CHECK(seen["whole"] == nlohmann::json({1, true}));
}

TEST_CASE("the page is light or dark, as the reader likes, and fits a phone") {
    NEED_BROWSER(program);
    const auto [at, cluster, report] = support::small_page();
    const auto page = html_report(at, cluster, 3, report);
    const std::string look = tools + R"js(
const ground = () => getComputedStyle(document.body).backgroundColor;
const first = ground(), word = texts('#theme')[0];
document.getElementById('theme').click();
return {first, word, then: ground(), after: texts('#theme')[0],
        wide: document.documentElement.scrollWidth > document.documentElement.clientWidth, column: getComputedStyle(all('.map')[0])
        .gridTemplateColumns.split(' ').length};
)js";
    const auto light = in_browser(program, page, look, 390);
    const auto dark =
        in_browser(program, page, look, 1000, "--blink-settings=preferredColorScheme=0");
    INFO(light.dump() << dark.dump());
    CHECK(light["word"] == "Dark");
    CHECK(light["after"] == "Light");
    CHECK(light["first"] != light["then"]);
    CHECK(dark["word"] == "Light");
    CHECK(dark["first"] == light["then"]);
    CHECK(dark["then"] == light["first"]);
    CHECK(light["wide"] == false);  // nothing sticks out
    CHECK(light["column"] == 1);
    CHECK(dark["column"] == 2);
}
