"""Blind listening: nothing is told beforehand, and what is exported the workflow takes back."""

import subprocess
import sys

from tests.browser.conftest import ROOT


def test_answers_are_exported_and_the_workflow_takes_them_back(build, read, tmp_path):
    built = build()
    reader = read(built, "blind/is_flute", accept_downloads=True)
    page = reader.page
    page.get_by_label("A name for the file").fill('Ann, "A"')
    page.get_by_label("Clips").fill("4")
    page.get_by_role("button", name="Begin").click()
    assert not page.locator("#dock").is_visible()
    texts = page.evaluate("Object.values(Listen.data.prompts).map((prompt) => prompt.text)")
    for clip in range(4):
        for level in range(3):
            shown = page.inner_text("main")
            assert f"Clip {clip + 1} of 4, level {level + 1} of 3." in shown
            assert not any(text in page.inner_text("body") for text in texts)
            page.get_by_role("button", name=["No", "Unsure", "Yes"][level]).click()
    assert "You and the probes: flute" in page.inner_text("h1")
    assert page.locator("table.results tbody tr").count() == 4
    assert page.locator("table.results tbody tr td:nth-child(3)").all_inner_texts() == ["from σ 0.2 on"] * 4
    with page.expect_download() as download:
        page.get_by_role("button", name="Save your answers as CSV").click()
    file = tmp_path / "ann.csv"
    download.value.save_as(file)
    lines = file.read_text().splitlines()
    assert len(lines) == 1 + 4 * 3
    assert sum(",1,noisy," in line for line in lines) == sum(",0,noisy," in line for line in lines) == 6
    command = [
        sys.executable,
        str(ROOT / "scripts/measure_listeners.py"),
        "--listeners",
        str(file),
        "--concepts",
        "is_flute",
        "is_warm",
    ]
    table = tmp_path / "listeners.csv"
    done = subprocess.run(
        [*command, "--resamples", "200", "--seed", "1", "--output", str(table)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split(",") for line in table.read_text().splitlines()]
    shares = [row[rows[0].index("yes_share")] for row in rows[1:]]
    assert shares == ["0", "0.5", "1"]


def test_listeners_stand_beside_the_probes(build, read, tmp_path):
    table = tmp_path / "listeners.csv"
    head = "concept,signal,step,sigma,log_snr_db,listeners,n_pos,n_neg,yes_share,false_share,roc_auc,roc_auc_low,roc_auc_high"
    levels = [(0, 100, 0.5), (5, 4.472, 0.75), (9, 0.2, 0.98)]
    rows = [
        f"is_flute,noisy,{step},{sigma},0,3,8,8,{auc},0.1,{auc},{auc - 0.1},1,4.2,3.1,6.0"
        for step, sigma, auc in levels
    ]
    table.write_text("\n".join([f"{head},threshold_sigma,threshold_sigma_low,threshold_sigma_high", *rows]) + "\n")
    reader = read(build(listeners=table), "concept/is_flute/noisy/2")
    figure = reader.page.locator(".curve-figure")
    assert figure.get_by_role("button", name="3 listeners").get_attribute("aria-pressed") == "true"
    figure.locator("details.as-table summary").click()
    assert ".98 [.88, 1.00]" in figure.locator("tbody").inner_text()
    assert figure.locator("svg.curve .diamond.listener").count() == 1
