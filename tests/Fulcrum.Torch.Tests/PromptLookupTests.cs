using Fulcrum.Models;
using Fulcrum.Torch.Inference;
using Xunit;

namespace Fulcrum.Torch.Tests;

/// <summary>Where drafts are found, and how many tokens of them are computed.</summary>
[Collection("native")]
public sealed class PromptLookupTests
{
    private const int End = -1;

    [Theory]
    [InlineData(new[] { 1, 2, 3, 9, 1, 2 }, 2, 2)] // 3 follows
    [InlineData(new[] { 7, 1, 2, 3, 8, 1, 2, 4, 7, 1, 2 }, 3, 3)] // the longer match, not the last one
    [InlineData(new[] { 1, 2, 3, 1, 2, 4, 1, 2 }, 2, 5)] // of equal length the last one
    [InlineData(new[] { 5, 5, 5, 5 }, 3, 3)] // a match may overlap the end
    [InlineData(new[] { 1, 2, 3, 4, 2 }, 1, 2)]
    [InlineData(new[] { 1, 2, 3 }, 0, 0)]
    [InlineData(new[] { 1 }, 0, 0)]
    [InlineData(new int[0], 0, 0)]
    public void The_longest_earlier_match_is_found(int[] text, int equal, int next) =>
        Assert.Equal((equal, next), PromptLookup.Find(text, text));

    [Fact]
    public void A_match_is_at_most_eight_tokens_long()
    {
        int[] text = [.. Enumerable.Range(0, 20), .. Enumerable.Range(0, 20)];

        Assert.Equal((PromptLookup.Longest, 20), PromptLookup.Find(text, text));
    }

    [Fact]
    public void Another_text_is_searched_up_to_the_token_before_its_last() =>
        Assert.Equal((2, 3), PromptLookup.Find([9, 1, 2, 3, 1, 2], [4, 1, 2]));

    [Theory]
    [InlineData(new[] { 1, 2, 3, 4 }, 1, 2, new[] { 2, 3 })]
    [InlineData(new[] { 1, 2, 3, 1, 2 }, 2, 7, new[] { 3, 1, 2, 3, 1, 2, 3 })] // the repetition goes on
    [InlineData(new[] { 5, 5, 5 }, 2, 3, new[] { 5, 5, 5 })]
    [InlineData(new[] { 1, 2, End, 4 }, 0, 4, new[] { 1, 2 })]
    [InlineData(new[] { 1, End }, 1, 4, new int[0])]
    public void A_copy_continues_with_itself_and_ends_at_the_separator(int[] text, int next, int count, int[] copy) =>
        Assert.Equal(copy, PromptLookup.Copy(text, next, count, End));

    [Fact]
    public void A_single_sequence_drafts_more_tokens_than_one_of_many()
    {
        DraftPolicy policy = new(32);

        int alone = policy.Propose([Repeating(0)])[0].Tokens.Length,
            among = policy.Propose([.. Enumerable.Range(0, 8).Select(i => Repeating(i))]).Max(d => d.Tokens.Length);

        Assert.InRange(among, 1, alone - 1);
        Assert.All(policy.Propose([.. Enumerable.Range(0, 32).Select(i => Repeating(i))]), d => Assert.Empty(d.Tokens));
    }

    [Fact]
    public void Rows_go_to_the_sequences_with_most_tokens_left()
    {
        Draft[] drafts = new DraftPolicy(8).Propose([Repeating(0, limit: 5), Repeating(1, limit: 100)]);

        Assert.InRange(drafts[1].Tokens.Length, drafts[0].Tokens.Length + 1, 6);
    }

    [Fact]
    public void No_draft_goes_beyond_the_limit_and_a_sampled_sequence_has_none()
    {
        DraftPolicy policy = new(32);

        Assert.Equal(2, policy.Propose([Repeating(0, limit: 3)])[0].Tokens.Length);
        Assert.Empty(policy.Propose([Repeating(0, limit: 1)])[0].Tokens);
        Assert.Empty(policy.Propose([Repeating(0, sampling: new Sampling(1, 0, 1, 1, 1))])[0].Tokens);
        Assert.Empty(new DraftPolicy(1).Propose([Repeating(0)])[0].Tokens);
    }

    [Fact]
    public void Rejected_drafts_end_drafting_and_accepted_ones_lengthen_it()
    {
        (DraftPolicy failing, DraftPolicy lucky) = (new(32), new(32));
        Sequence sequence = Repeating(0);
        int first = failing.Propose([sequence])[0].Tokens.Length;

        int rejected = 0;
        for (int step = 0; step < 200; step++)
        {
            Draft wrong = failing.Propose([sequence])[0],
                right = lucky.Propose([sequence])[0];
            rejected += wrong.Tokens.Length;
            failing.Learn(wrong, [-2]);
            lucky.Learn(right, [.. right.Tokens, -2]);
        }

        Assert.InRange(rejected, first, 100); // 200 steps without drafts have 200 rows: 3 more steps' time
        Assert.Empty(failing.Propose([sequence])[0].Tokens);
        Assert.True(lucky.Propose([sequence])[0].Tokens.Length > first);
        Assert.Equal(new DraftCounts(rejected, 0), failing.Counts);
        Assert.Equal(lucky.Counts.Drafted, lucky.Counts.Accepted);
    }

    [Fact]
    public void Drafts_are_copied_from_finished_completions_too()
    {
        DraftPolicy policy = new(32);
        Sequence sequence = new(0, new CompletionRequest([1, 2, 3], 50, []), 1000);
        Assert.Empty(policy.Propose([sequence])[0].Tokens);

        policy.Add([9, 2, 3, 4, 5]);

        int[] draft = policy.Propose([sequence])[0].Tokens;
        Assert.Equal(new[] { 4, 5 }[..draft.Length], draft);
        Assert.NotEmpty(draft);
    }

    private static Sequence Repeating(int index, int limit = 50, Sampling? sampling = null) =>
        new(
            index,
            new CompletionRequest([.. Enumerable.Range(0, 60).Select(i => i % 10)], limit, [], Sampling: sampling),
            1000
        );
}
