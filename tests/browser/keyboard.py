"""A person without a mouse."""

MOST_TABS = 150


class Keyboard:
    """What a person does who only has keys: Tab on to what they look for, then type, Enter or Space."""

    def __init__(self, page):
        self.page = page

    def tab_to(self, wanted):
        for _ in range(MOST_TABS):
            if wanted.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{wanted} is not reached by Tab")

    def fill(self, field, words):
        self.tab_to(field)
        self.page.keyboard.type(words)

    def press(self, wanted, key="Enter"):
        self.tab_to(wanted)
        self.page.keyboard.press(key)

    def send(self, button):
        """Press a button that posts; what comes after sees what the server made of it."""
        self.tab_to(button)
        with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            self.page.keyboard.press("Enter")
        self.page.wait_for_load_state()
