using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>Measures every task of a study with one model. The base and every candidate go through this code and no
/// other.</summary>
/// <param name="study">Complete, every <c>auto</c> resolved.</param>
internal sealed class Measurement(Study study, RunLayout run, Engines engines, Corpus data, Action<RunEvent> report)
{
    /// <summary>Measures into a place of the run. Answers that exist already and were made from the same inputs are
    /// kept.</summary>
    /// <param name="stage">Named in the progress.</param>
    /// <param name="place">Relative to the run: <c>base</c>, <c>candidates/rank8</c>.</param>
    /// <param name="inputs">Digest of everything that the answers are made from.</param>
    /// <param name="measured">Called with the open model once all answers exist.</param>
    /// <returns>The files written, relative to the run.</returns>
    public IReadOnlyList<string> Measure(
        string stage,
        string place,
        string inputs,
        ModelSpec spec,
        CancellationToken cancellation,
        Action<ILanguageModel, PromptEncoding>? measured = null
    )
    {
        IReadOnlyList<ITask> tasks = TasksOf(place);
        DiscardAnswersOfOtherInputs(place, inputs, tasks);
        IEngine engine = engines.For(spec.Source);
        PromptEncoding encoding = engine.LoadEncoding(spec).With(study.TemplateVariables);
        using ILanguageModel model = engine.Open(spec);
        Evaluator evaluator = new(model, encoding);
        // All tasks first: a task that the model cannot do is refused before another is measured.
        Dictionary<string, IReadOnlyDictionary<string, string>> asked = tasks.ToDictionary(
            t => t.Name,
            t => evaluator.Prepare(t, cancellation)
        );
        List<string> written = [$"{place}/{InputsName}"];
        foreach (ITask task in tasks)
        {
            Protocol protocol = Protocol
                .Of(task, spec, engine.DigestOf(spec), encoding, EngineOf(engine))
                .With(asked[task.Name]);
            AtomicFile.WriteText(run.Protocol(place, task.Name), protocol.Print());
            void Count(int n) =>
                report(new RunEvent.Progressed(stage, task.Name, n, task.Items.Count, ProgressUnit.Items));
            evaluator.Measure(task, run.Answers(place, task.Name), protocol.Hash, Count, cancellation);
            written.AddRange([$"{place}/{task.Name}.jsonl", $"{place}/{task.Name}.protocol.json"]);
        }

        if (study.NeutralText is { } text && spec.Adapter is { Form: ServingForm.Attached, Lambda: not 0 })
        {
            written.Add(MeasureNeutralText(stage, place, text, model, encoding, cancellation));
        }

        measured?.Invoke(model, encoding);
        return written;
    }

    /// <summary>Returns the tasks as a place is asked them.</summary>
    public IReadOnlyList<ITask> TasksOf(string place) =>
        place == RunLayout.Base ? data.Before ?? data.Tasks : data.Tasks;

    /// <summary>Returns the files that measuring writes, relative to the run.</summary>
    public IEnumerable<string> Writes(string place) =>
        TasksOf(place)
            .SelectMany(t => (string[])[$"{place}/{t.Name}.jsonl", $"{place}/{t.Name}.protocol.json"])
            .Append($"{place}/{NeutralText.FileName}")
            .Append($"{place}/{InputsName}");

    private const string InputsName = "inputs.txt";

    private string MeasureNeutralText(
        string stage,
        string place,
        NeutralTextPlan text,
        ILanguageModel model,
        PromptEncoding encoding,
        CancellationToken cancellation
    )
    {
        void Count(int n, int of) => report(new RunEvent.Progressed(stage, "neutral text", n, of, ProgressUnit.Texts));
        NeutralText.Measure(
            text,
            study.Seed,
            model,
            encoding,
            run.At(place, NeutralText.FileName),
            Count,
            cancellation
        );
        return $"{place}/{NeutralText.FileName}";
    }

    // What computes: a score may change with it.
    private static string EngineOf(IEngine engine) =>
        string.Join(
            ", ",
            new[] { "fulcrum", "torchsharp", "llamasharp" }
                .Where(engine.Environment.ContainsKey)
                .Select(n => $"{n} {engine.Environment[n]}")
        );

    /// <summary>An answer counts only for the model, adapter and lambda that gave it. The protocol does not tell them
    /// apart, so the inputs are stored beside the answers.</summary>
    private void DiscardAnswersOfOtherInputs(string place, string inputs, IReadOnlyList<ITask> tasks)
    {
        string mark = run.At(place, InputsName);
        if (BoundedFile.ReadTextIfThere(mark) != inputs)
        {
            string[] names =
            [
                .. tasks.SelectMany(t => GrowingAnswers.FilesOf(t.Name)),
                .. tasks.Select(t => t.Name + ".protocol.json"),
                NeutralText.FileName,
            ];
            PlainFolder.Remove(run.At(place), names);
        }

        AtomicFile.WriteText(mark, inputs);
    }
}
