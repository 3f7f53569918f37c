using System.Text.Json;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using MathNet.Numerics.Distributions;

namespace Fulcrum.Runs;

/// <summary>One text, and the divergence of the predictions on it.</summary>
internal sealed record NeutralTextResult(
    string Id,
    int Tokens,
    double KullbackLeibler,
    double LogLikelihoodBefore,
    double LogLikelihoodAfter
);

/// <summary>Measures the divergence of a model from its base on neutral text, which has nothing to do with the task, at
/// every token.</summary>
internal static class NeutralText
{
    private const long MostBytes = 1L << 28;

    /// <summary>The name of the results in the folder of a candidate.</summary>
    public const string FileName = "neutral_text.json";

    /// <summary>Reads the texts, compares the model with its base on them, and writes one result per text.</summary>
    /// <param name="report">Called with the number of completed texts and of all texts.</param>
    /// <exception cref="InputException">The file is missing or malformed, or holds fewer than two usable
    /// texts.</exception>
    public static void Measure(
        NeutralTextPlan plan,
        int seed,
        ILanguageModel model,
        PromptEncoding encoding,
        string path,
        Action<int, int> report,
        CancellationToken cancellation
    )
    {
        (string Id, int[] Tokens)[] texts = Texts(plan, seed, encoding, Math.Min(plan.MaxTokens, model.ContextLength));
        NeutralTextResult[] results = new NeutralTextResult[texts.Length];
        int done = 0;
        model.Diverge(
            [.. texts.Select(t => t.Tokens)],
            (i, d) =>
            {
                results[i] = new NeutralTextResult(
                    texts[i].Id,
                    d.Tokens,
                    d.KullbackLeibler,
                    d.BaseLogLikelihood,
                    d.LogLikelihood
                );
                report(++done, texts.Length);
            },
            cancellation
        );
        AtomicFile.WriteText(path, JsonSerializer.Serialize(results, JsonLines.Output) + "\n");
    }

    /// <summary>Reads the texts without measuring, so that a file that cannot be used stops a run at its beginning.
    /// </summary>
    /// <exception cref="InputException">The file is missing, malformed or too short.</exception>
    public static void Check(NeutralTextPlan plan, int seed, PromptEncoding encoding) =>
        _ = Texts(plan, seed, encoding, plan.MaxTokens);

    /// <summary>Reads the results, as means over tokens; null if there are none.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static NeutralTextComparison? Read(string path) =>
        StoredJson.ReadIfThere<NeutralTextResult[]>(path, "the results on neutral text") is { } texts
            ? Of(texts)
            : null;

    /// <summary>Returns the means over the tokens of all texts.</summary>
    public static NeutralTextComparison Of(IReadOnlyList<NeutralTextResult> texts)
    {
        long tokens = texts.Sum(t => (long)t.Tokens);
        return new NeutralTextComparison(
            texts.Count,
            tokens,
            Mean(texts, t => t.KullbackLeibler),
            Mean(texts, t => t.LogLikelihoodAfter - t.LogLikelihoodBefore),
            Math.Exp(-texts.Sum(t => t.LogLikelihoodBefore) / tokens),
            Math.Exp(-texts.Sum(t => t.LogLikelihoodAfter) / tokens)
        );
    }

    /// <summary>Returns a ratio of sums over texts with its linearised standard error (Cochran 1977, Sampling
    /// Techniques, section 6.4) and Student's t on texts - 1 degrees of freedom.</summary>
    private static TokenMean Mean(IReadOnlyList<NeutralTextResult> texts, Func<NeutralTextResult, double> value)
    {
        double tokens = texts.Sum(t => (double)t.Tokens),
            mean = texts.Sum(value) / tokens;
        int k = texts.Count;
        double error =
            k < 2 ? 0 : Math.Sqrt(texts.Sum(t => Math.Pow(value(t) - mean * t.Tokens, 2)) * k / (k - 1)) / tokens;
        double half = k < 2 ? double.MaxValue : error * StudentT.InvCDF(0, 1, k - 1, 0.975);
        return new TokenMean(mean, mean - half, mean + half, error);
    }

    private static (string, int[])[] Texts(NeutralTextPlan plan, int seed, PromptEncoding encoding, int most)
    {
        (string Id, string Text)[] all =
            Path.GetExtension(plan.File) == ".txt"
                ? [.. Paragraphs(plan.File)]
                : [.. Table.Read(plan.File).Select(r => ($"{r.Number}", r.Text(plan.Column)))];
        IReadOnlyList<(string Id, string Text)> chosen = StratifiedSample.Of(
            all,
            _ => "",
            plan.Texts,
            RandomStream.For(seed, "neutral text")
        );
        (string, int[])[] texts =
        [
            .. chosen
                .Select(t => (t.Id, encoding.Encode(new Prompt.Text(t.Text)).Take(most).ToArray()))
                .Where(t => t.Item2.Length > 1),
        ];
        return texts.Length > 1
            ? texts
            : throw new InputException(
                $"{plan.File} holds {texts.Length} texts of more than one token; an interval needs at least two"
            );
    }

    private static IEnumerable<(string, string)> Paragraphs(string path)
    {
        string text;
        try
        {
            using Stream stream = BoundedFile.Open(path, MostBytes);
            text = Utf8Text.Read(path, stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read {path}: {e.Message}", e);
        }

        return text.ReplaceLineEndings("\n")
            .Split("\n\n")
            .Select(p => p.Trim())
            .Where(p => p.Length > 0)
            .Select((p, i) => ($"{i + 1}", p));
    }
}
