using Fulcrum.Comparisons;
using Fulcrum.Models;
using Fulcrum.Tasks;
using Fulcrum.Tokenization;

namespace Fulcrum.Tracing;

/// <summary>Measures the rungs of the ladder (<see cref="TraceRung"/>) on texts and on tasks and compares each rung
/// with the one before.</summary>
/// <param name="engines">The engines that open the models.</param>
/// <param name="tokenizer">The tokenizer of the base. Log-likelihoods of every rung are divided by its number of
/// tokens, so that rungs with other tokenizers are comparable.</param>
/// <param name="texts">Texts whose log-likelihood is compared; may be empty.</param>
/// <param name="tasks">Tasks that every rung answers; may be empty.</param>
/// <param name="folder">An empty folder for the answers.</param>
/// <param name="warn">Called with a sentence for each measurement that a server does not support.</param>
internal sealed class TraceMeasurement(
    Engines engines,
    Tokenizer tokenizer,
    IReadOnlyList<string> texts,
    IReadOnlyList<ITask> tasks,
    string folder,
    Action<string>? warn = null
)
{
    private readonly int[] lengths = [.. texts.Select(t => tokenizer.Encode(t, addSpecialTokens: true).Length - 1)];

    /// <summary>A model to measure.</summary>
    /// <param name="Tokenizer">The tokenizer by which the model gets the texts; null: the base's.</param>
    /// <param name="OwnTemplate">The model to which conversations go as messages, so that it applies its own chat
    /// template; null: <paramref name="Model"/> gets them rendered.</param>
    public sealed record Rung(
        TraceRung Name,
        ModelSpec Model,
        Tokenizer? Tokenizer = null,
        ModelSpec? OwnTemplate = null
    );

    /// <summary>Measures the rungs.</summary>
    /// <param name="start">The model that the first rung is compared with.</param>
    /// <exception cref="InputException">A text has fewer than two tokens, or more than a model's context.</exception>
    public IReadOnlyList<MeasuredRung> Measure(
        ModelSpec start,
        IReadOnlyList<Rung> rungs,
        CancellationToken cancellation = default
    )
    {
        Measured before = Of(new Rung(default, start), "start", cancellation);
        List<MeasuredRung> measured = [];
        foreach (Rung rung in rungs)
        {
            Measured now = Of(rung, $"{measured.Count}", cancellation);
            measured.Add(
                new MeasuredRung(
                    rung.Name,
                    before.Texts is { } b && now.Texts is { } a ? RungDifferences.Of(b, a) : null,
                    tasks.Count == 0 ? null : Changes(before, now)
                )
            );
            before = now;
        }

        return measured;
    }

    // Log-likelihoods per token of the texts, and the answer file of each task. A task that a server cannot answer is
    // absent.
    private sealed record Measured(double[]? Texts, IReadOnlyDictionary<string, string> Answers);

    private RungChange[] Changes(Measured before, Measured now) =>
        [
            .. tasks
                .Where(t => before.Answers.ContainsKey(t.Name) && now.Answers.ContainsKey(t.Name))
                .Select(t =>
                    PairedComparison.Of(
                        t.Name,
                        AnswerFile.Read(before.Answers[t.Name]),
                        AnswerFile.Read(now.Answers[t.Name])
                    )
                )
                .Where(r => r.Items > 0) // whole texts have no scores
                .Select(RungChange.Of),
        ];

    private Measured Of(Rung rung, string place, CancellationToken cancellation)
    {
        bool served = rung.OwnTemplate is not null;
        double[]? values = null;
        Dictionary<string, string> answers = new(StringComparer.Ordinal);
        ITask[] asked = [.. tasks.Where(t => !served || !IsWritten(t))];
        if (texts.Count > 0 || asked.Length > 0)
        {
            using ILanguageModel model = engines.Open(rung.Model);
            values = texts.Count == 0 ? null : Tried(served, "on texts", () => PerToken(rung, model, cancellation));
            Answer(asked, rung.Model, model, Path.Combine(folder, place), answers, served, cancellation);
        }

        if (rung.OwnTemplate is { } own && tasks.Count > asked.Length)
        {
            using ILanguageModel model = engines.Open(own);
            Answer([.. tasks.Where(IsWritten)], own, model, Path.Combine(folder, place), answers, served, cancellation);
        }

        return new Measured(values, answers);
    }

    private void Answer(
        IReadOnlyList<ITask> asked,
        ModelSpec spec,
        ILanguageModel model,
        string place,
        Dictionary<string, string> answers,
        bool served,
        CancellationToken cancellation
    )
    {
        PromptEncoding encoding = engines.For(spec.Source).LoadEncoding(spec);
        TaskMeasurement measurement = new(model, encoding, Directory.CreateDirectory(place).FullName);
        foreach (ITask task in asked)
        {
            string? file = Tried(
                served,
                $"on the task {task.Name}",
                () =>
                {
                    measurement.Prepare(task, cancellation);
                    measurement.Run(task, cancellation: cancellation);
                    return Path.Combine(place, task.Name + ".jsonl");
                }
            );
            if (file is not null)
            {
                answers[task.Name] = file;
            }
        }
    }

    // A server may lack a route that a measurement needs. The other rungs are still measured.
    private T? Tried<T>(bool served, string what, Func<T> measure)
        where T : class
    {
        try
        {
            return measure();
        }
        catch (FulcrumException e) when (served && e.ExitCode == 2)
        {
            warn?.Invoke($"the server is not measured {what}: {e.Message}");
            return null;
        }
    }

    private static bool IsWritten(ITask task) =>
        task.Items.All(i => task.Ask(i) is Question.Write or Question.Continue);

    private double[] PerToken(Rung rung, ILanguageModel model, CancellationToken cancellation)
    {
        Tokenizer own = rung.Tokenizer ?? tokenizer;
        ScoreRequest[] requests = [.. texts.Select(t => Request(own.Encode(t, addSpecialTokens: true), t))];
        double[] values = new double[texts.Count];
        model.Prepare(requests, [], cancellation);
        model.Score(requests, (i, scores) => values[i] = scores[0].LogLikelihood / lengths[i], cancellation);
        return values;
    }

    private static ScoreRequest Request(int[] ids, string text) =>
        ids.Length > 1
            ? new ScoreRequest(ids[..1], [ids[1..]])
            : throw new InputException($"the text '{text}' has fewer than two tokens, so nothing of it is predicted");
}
