using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Torch.Speed;

namespace Fulcrum.Cli;

/// <summary>A fixed amount of work for any engine, in token ids.</summary>
/// <param name="Name"><c>score</c> or <c>generate</c>.</param>
/// <param name="Tokens">Prompts and letters of <c>score</c>, new tokens of <c>generate</c>.</param>
/// <param name="Do">Does the first items; returns the log-likelihoods, in order, of <c>score</c> and nothing of
/// <c>generate</c>.</param>
internal sealed record EngineWork(string Name, int Items, long Tokens, Func<ILanguageModel, int, double[]> Do)
{
    /// <summary>Reads log-likelihoods of letters after prompts.</summary>
    /// <param name="items">Take the first lines only; null: all.</param>
    /// <exception cref="InputException">A line cannot be read; names it.</exception>
    public static EngineWork Score(string file, int? items)
    {
        ScoreRequest[] requests = [.. Lines(file, items).Select(WorkLine.Scoring)];
        return new("score", requests.Length, requests.Sum(r => r.Prompt.Length + 1L), Do);

        double[] Do(ILanguageModel model, int count)
        {
            double[][] scores = new double[count][];
            model.Score(requests[..count], (i, s) => scores[i] = [.. s.Select(c => c.LogLikelihood)]);
            return [.. scores.SelectMany(s => s)];
        }
    }

    /// <summary>Reads prompts and how many tokens each gets.</summary>
    /// <param name="items">Take the first lines only; null: all.</param>
    /// <exception cref="InputException">A line cannot be read; names it.</exception>
    public static EngineWork Generate(string file, int? items)
    {
        CompletionRequest[] requests = [.. Lines(file, items).Select(WorkLine.Generating)];
        return new("generate", requests.Length, requests.Sum(r => (long)r.MaxNewTokens), Do);

        double[] Do(ILanguageModel model, int count)
        {
            model.Complete(requests[..count], (_, _) => { });
            return [];
        }
    }

    private static JsonLine[] Lines(string file, int? items)
    {
        JsonLine[] lines = [.. JsonLines.Read(file).Take(items ?? int.MaxValue)];
        return lines.Length > 0 ? lines : throw new InputException($"{file}: there is no work in it, not one line");
    }
}
