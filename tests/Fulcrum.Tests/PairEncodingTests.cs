using Fulcrum.Models;
using Xunit;

namespace Fulcrum.Tests;

public sealed class PairEncodingTests
{
    // Two letters that form a known pair are one token, from the left; special tokens put 1 in front.
    private static readonly string[] Pairs = ["an", "s ", " A", ":C"];

    private static int[] Encode(string text, bool special)
    {
        List<int> ids = special ? [1] : [];
        for (int at = 0; at < text.Length; at++)
        {
            bool pair = at + 1 < text.Length && Pairs.Contains(text.Substring(at, 2));
            ids.Add(pair ? (text[at] * 1000) + text[at + 1] : text[at]);
            at += pair ? 1 : 0;
        }

        return [.. ids];
    }

    private static ScoreRequest Request(string prompt, params string[] continuations) =>
        PairEncoding.Encode(Encode, 1, prompt, continuations, special: true);

    [Fact]
    public void White_space_at_the_end_of_the_prompt_moves_to_the_continuation()
    {
        ScoreRequest request = Request("q ", "A", "B");

        Assert.Equal((int[])[1, 'q'], request.Prompt);
        Assert.Equal((int[])[(' ' * 1000) + 'A'], request.Continuations[0]);
        Assert.Equal((int[])[' ', 'B'], request.Continuations[1]);
    }

    [Fact]
    public void A_continuation_that_merges_with_the_prompt_is_scored_by_its_own_tokens()
    {
        ScoreRequest request = Request("q:", "B", "C");

        Assert.Equal((int[])['B'], request.Continuations[0]);
        Assert.Equal((int[])['C'], request.Continuations[1]);
    }

    [Fact]
    public void Without_own_tokens_a_merged_continuation_is_refused_and_the_prompts_white_space_is_scored()
    {
        ScoreRequest Pair(string prompt, string continuation) =>
            PairEncoding.Encode(Encode, 1, prompt, [continuation], special: true, ownTokens: false);

        Assert.Equal((int[])['\n'], Pair("q\n", "").Continuations[0]);
        Assert.Contains("no token", Assert.Throws<InputException>(() => Pair("q:", "C")).Message);
        Assert.Contains("is empty", Assert.Throws<InputException>(() => Pair("q", "")).Message);
    }

    [Fact]
    public void A_join_that_moves_is_cut_at_the_prompts_number_of_tokens() =>
        Assert.Equal((int[])['d'], Request("xa", "nd").Continuations[0]);

    [Fact]
    public void An_empty_prompt_has_the_begin_token_as_context_once()
    {
        ScoreRequest request = Request("", "b");

        Assert.Equal((int[])[1], request.Prompt);
        Assert.Equal((int[])['b'], request.Continuations[0]);
    }

    [Fact]
    public void Nothing_is_never_scored_as_certain()
    {
        Assert.Contains("empty", Assert.Throws<InputException>(() => Request("q", "A", "")).Message);
        Assert.Contains(
            "no token to begin",
            Assert.Throws<InputException>(() => PairEncoding.Encode(Encode, null, "", ["a"], special: false)).Message
        );
    }
}
