"""What polls and is told to stop, by a morph, asks for nothing anymore: the page stays as it is."""

import pytest

pytestmark = [pytest.mark.live, pytest.mark.browser, pytest.mark.xdist_group("browser")]

# As a morph does it: htmx has not noticed yet that the attributes are gone, and its timer fires once more.
STOPPED = """() => new Promise((done) => {
  const element = document.createElement("div");
  element.setAttribute("hx-get", "/notifications/bell/?after=0");
  element.setAttribute("hx-trigger", "every 50ms");
  document.querySelector("#page").append(element);
  htmx.process(element);
  for (const name of ["hx-get", "hx-trigger"]) element.removeAttribute(name);
  element.addEventListener("htmx:beforeRequest", (event) => setTimeout(() => done(event.defaultPrevented)));
})"""


def test_a_timer_that_is_left_over_does_not_replace_the_page(visit):
    visitor = visit()
    visitor.sign_in()
    assert visitor.page.evaluate(STOPPED)
    assert visitor.page.locator("#prompt").is_visible()
