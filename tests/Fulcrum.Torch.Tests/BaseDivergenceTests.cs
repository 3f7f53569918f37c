using Fulcrum.Models;
using Xunit;

namespace Fulcrum.Torch.Tests;

public sealed class BaseDivergenceTests
{
    private static readonly int[] Text = [5, 17, 300, 42, 42, 9, 511, 0, 77];

    [Theory]
    [InlineData("all-linear")]
    [InlineData("dora")]
    public void The_divergence_is_the_sum_over_the_whole_distributions_of_base_and_adapted_model(string adapter)
    {
        using ILanguageModel plain = Load(null),
            adapted = Load(new AppliedAdapter(SharedData.Of("golden", "lora", adapter)));
        double expected = 0;
        for (int i = 1; i < Text.Length; i++)
        {
            double[] p = Distribution(plain, Text[..i]),
                q = Distribution(adapted, Text[..i]);
            expected += p.Zip(q, (a, b) => Math.Exp(a) * (a - b)).Sum();
        }

        TextDivergence got = Diverged(adapted);

        Assert.True(expected > 1e-3, $"{expected}");
        Assert.Equal(1, got.KullbackLeibler / expected, 3);
        Assert.Equal(Whole(plain), got.BaseLogLikelihood, 3);
        Assert.Equal(Whole(adapted), got.LogLikelihood, 3);
        Assert.Equal(Text.Length - 1, got.Tokens);
    }

    [Fact]
    public void A_model_without_adapter_and_one_of_scale_0_do_not_diverge()
    {
        using ILanguageModel plain = Load(null),
            zero = Load(new AppliedAdapter(SharedData.Of("golden", "lora", "all-linear"), 0));

        Assert.Equal((0.0, 0.0), (Diverged(plain).KullbackLeibler, Diverged(zero).KullbackLeibler));
    }

    [Fact]
    public void The_adapter_is_in_place_again_afterwards()
    {
        using ILanguageModel adapted = Load(new AppliedAdapter(SharedData.Of("golden", "lora", "all-linear")));
        double before = Whole(adapted);

        Diverged(adapted);

        Assert.Equal(before, Whole(adapted));
    }

    private static TextDivergence Diverged(ILanguageModel model)
    {
        TextDivergence got = default;
        model.Diverge([Text], (_, d) => got = d, TestContext.Current.CancellationToken);
        return got;
    }

    private static double[] Distribution(ILanguageModel model, int[] prompt)
    {
        double[] likely = [];
        model.Score(
            [new ScoreRequest(prompt, [.. Enumerable.Range(0, model.VocabularySize).Select(t => new[] { t })])],
            (_, s) => likely = [.. s.Select(c => c.LogLikelihood)]
        );
        return likely;
    }

    private static double Whole(ILanguageModel model)
    {
        double likely = 0;
        model.Score([new ScoreRequest(Text[..1], [Text[1..]])], (_, s) => likely = s[0].LogLikelihood);
        return likely;
    }

    private static ILanguageModel Load(AppliedAdapter? serving) =>
        new TorchEngine().Open(
            ModelSpec.InFolder(SharedData.Of("golden", "models", "qwen2-tied"), Dtype.F32, device: "cpu") with
            {
                Adapter = serving,
            }
        );
}
