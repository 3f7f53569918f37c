using Fulcrum.Models;
using Fulcrum.Tokenization;
using Fulcrum.Tracing;

namespace Fulcrum.Llama.Tracing;

/// <summary>Measures the rungs of the ladder on texts, each against the one before.</summary>
/// <param name="folders">Opens model folders.</param>
/// <param name="files">Opens GGUF files.</param>
public sealed class TraceMeasurement(IEngine folders, IEngine files)
{
    /// <summary>A model to measure and the tokenizer by which it gets the texts.</summary>
    /// <param name="Tokenizer">Null: that of the base.</param>
    public sealed record Rung(TraceRung Name, ModelSpec Model, Tokenizer? Tokenizer = null);

    /// <summary>Measures the rungs.</summary>
    /// <param name="start">What the first rung is compared with.</param>
    /// <param name="tokenizer">The base's tokenizer; its number of tokens per text is what differences are divided by.
    /// </param>
    /// <exception cref="InputException">A text has fewer than two tokens, or more than a model's context.</exception>
    public IReadOnlyList<MeasuredRung> Measure(
        ModelSpec start,
        IReadOnlyList<Rung> rungs,
        Tokenizer tokenizer,
        IReadOnlyList<string> texts,
        CancellationToken cancellation = default
    )
    {
        int[] lengths = [.. texts.Select(t => tokenizer.Encode(t, addSpecialTokens: true).Length - 1)];
        double[] before = PerToken(start, tokenizer, texts, lengths, cancellation);
        List<MeasuredRung> measured = [];
        foreach (Rung rung in rungs)
        {
            double[] now = PerToken(rung.Model, rung.Tokenizer ?? tokenizer, texts, lengths, cancellation);
            measured.Add(new MeasuredRung(rung.Name, RungDifferences.Of(before, now)));
            before = now;
        }

        return measured;
    }

    private double[] PerToken(
        ModelSpec spec,
        Tokenizer tokenizer,
        IReadOnlyList<string> texts,
        int[] lengths,
        CancellationToken cancellation
    )
    {
        using ILanguageModel model = (folders.Opens(spec.Source) ? folders : files).Open(spec);
        ScoreRequest[] requests = [.. texts.Select(t => Request(tokenizer.Encode(t, addSpecialTokens: true), t))];
        double[] values = new double[texts.Count];
        model.Score(requests, (i, scores) => values[i] = scores[0].LogLikelihood / lengths[i], cancellation);
        return values;
    }

    private static ScoreRequest Request(int[] ids, string text) =>
        ids.Length > 1
            ? new ScoreRequest(ids[..1], [ids[1..]])
            : throw new InputException($"the text '{text}' has fewer than two tokens, so nothing of it is predicted");
}
