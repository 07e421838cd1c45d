from classifier.windows import Windows


class SpaceTokenizer:
    """Makes a token of each word, its length, between 101 and 102; knows no places, as tokenizers in Python do."""

    is_fast = False

    def __call__(self, text, add_special_tokens=True, verbose=True):
        if isinstance(text, str):
            tokens = [len(word) for word in text.split()]
            return {"input_ids": [101, *tokens, 102] if add_special_tokens else tokens}
        return {"input_ids": [self(each, add_special_tokens)["input_ids"] for each in text]}


def test_a_short_text_is_one_window_with_what_the_tokenizer_puts_around_it():
    assert Windows(SpaceTokenizer(), 16).of(["my parcel", ""]) == [[[101, 2, 6, 102]], [[101, 102]]]


def test_a_long_text_is_cut_into_windows_that_overlap_and_leave_nothing_out():
    text = " ".join("x" * number for number in range(1, 301))
    [windows] = Windows(SpaceTokenizer(), 102).of([text])
    assert [window[1:-1][0] for window in windows] == [1, 69, 137, 205]
    assert all(len(window) <= 102 for window in windows)
    assert windows[-1][-2] == 300
    assert {token for window in windows for token in window[1:-1]} == set(range(1, 301))


def test_a_text_without_end_is_read_to_a_limit():
    [windows] = Windows(SpaceTokenizer(), 102).of(["word " * 100_000])
    assert len(windows) == 24


def test_places_are_guessed_where_the_tokenizer_knows_none():
    text = "four " * 300
    places = Windows(SpaceTokenizer(), 102).places(text)
    assert [round(first / 5) for first, _ in places] == [0, 68, 136, 204]
    assert places[-1][1] == len(text)
    assert Windows(SpaceTokenizer(), 102).places("") == [(0, 0)]
