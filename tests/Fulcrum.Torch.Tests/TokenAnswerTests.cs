using Fulcrum.Llama.Worker;
using Xunit;

namespace Fulcrum.Torch.Tests;

public sealed class TokenAnswerTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(151936)]
    public void Log_probabilities_equal_a_sum_over_single_values(int vocabulary)
    {
        Random random = new(vocabulary);
        float[] logits = [.. Enumerable.Range(0, vocabulary).Select(_ => (float)(40 * random.NextDouble() - 20))];
        int[] asked = [0, vocabulary / 2, vocabulary - 1];

        TokenAnswer answer = TokenAnswer.From(logits, new TokenQuestion(asked));

        double largest = logits.Max(),
            normaliser = largest + Math.Log(logits.Sum(l => Math.Exp(l - largest)));
        Assert.Equal(Array.IndexOf(logits, (float)largest), answer.Best);
        Assert.Equal(largest - normaliser, answer.BestLogLikelihood, 1e-10);
        Assert.All(asked.Zip(answer.LogLikelihoods), p => Assert.Equal(logits[p.First] - normaliser, p.Second, 1e-10));
        Assert.Empty(answer.Logits);
    }

    [Fact]
    public void Of_equal_logits_the_lowest_id_is_the_most_likely_token()
    {
        float[] logits = new float[2000];
        logits[700] = logits[1999] = 3;

        Assert.Equal(700, TokenAnswer.From(logits, TokenQuestion.MostLikely).Best);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_logit_that_is_no_finite_number_is_refused(float logit)
    {
        float[] logits = new float[600];
        logits[599] = logit;

        FulcrumException refused = Assert.Throws<FulcrumException>(() =>
            TokenAnswer.From(logits, TokenQuestion.MostLikely)
        );

        Assert.Contains("no finite number", refused.Message);
    }
}
