"""A page of the documentation, opened from the disk with the network blocked: the training in it plays."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from scripts import site


def test_the_training_in_a_page_plays_from_the_disk_without_a_network(page: Page) -> None:
    if not (site.HTML / "explain" / "overfitting.html").exists():
        assert site.build() == 0
    asked: list[str] = []

    def only_the_disk(route: Route) -> None:
        if route.request.url.startswith(("file:", "data:", "blob:")):
            route.continue_()
        else:
            asked.append(route.request.url)
            route.abort()

    page.route("**/*", only_the_disk)
    page.goto((site.HTML / "explain" / "overfitting.html").as_uri())
    expect(page.get_by_role("heading", level=1)).to_contain_text("Overfitting, bias and variance")

    frame = page.locator("figure.lesson iframe")
    frame.scroll_into_view_if_needed()
    lesson = frame.content_frame
    play = lesson.get_by_role("button", name="Play", exact=True)
    play.click()
    expect(lesson.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    assert asked == []
