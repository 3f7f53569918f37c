using System.Collections.Concurrent;
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
    private readonly ConcurrentDictionary<RunEvent, bool> told = [];

    /// <summary>Measures into a place of the run. Answers that exist already and were made from the same inputs are
    /// kept.</summary>
    /// <param name="stage">Named in the progress.</param>
    /// <param name="place">Relative to the run: <c>base</c>, <c>candidates/rank8</c>.</param>
    /// <param name="inputs">Digest of everything that the answers are made from.</param>
    /// <param name="measured">Called with the open model once all answers exist.</param>
    /// <param name="extents">By task, how far it is measured; null: completely.</param>
    /// <returns>The files written, relative to the run.</returns>
    public IReadOnlyList<string> Measure(
        string stage,
        string place,
        string inputs,
        ModelSpec spec,
        CancellationToken cancellation,
        Action<ILanguageModel, PromptEncoding>? measured = null,
        IReadOnlyDictionary<string, Extent>? extents = null
    )
    {
        PromptEncoding encoding = engines.For(spec.Source).LoadEncoding(spec).With(study.TemplateVariables);
        using ILanguageModel model = engines.For(spec.Source).Open(spec);
        ITask[] tasks = [.. TasksOf(place)];
        _ = Ask(stage, place, inputs, spec, model, encoding, extents, cancellation);
        List<string> written =
        [
            $"{place}/{InputsName}",
            .. tasks.SelectMany(t => (string[])[$"{place}/{t.Name}.jsonl", $"{place}/{t.Name}.protocol.json"]),
        ];
        bool selecting = place.EndsWith($"/{RunLayout.Selection}", StringComparison.Ordinal);
        if (
            !selecting
            && study.NeutralText is { } text
            && spec.Adapter is { Form: ServingForm.Attached, Lambda: not 0 }
        )
        {
            written.Add(MeasureNeutralText(stage, place, text, model, encoding, cancellation));
        }

        measured?.Invoke(model, encoding);
        return written;
    }

    /// <summary>Measures some tasks as far as a look of an early decision needs.</summary>
    /// <param name="extents">By task; the others are not asked.</param>
    /// <returns>By task, the number of answers that exist.</returns>
    public IReadOnlyDictionary<string, int> Ask(
        string stage,
        string place,
        string inputs,
        ModelSpec spec,
        IReadOnlyDictionary<string, Extent> extents,
        CancellationToken cancellation
    )
    {
        PromptEncoding encoding = engines.For(spec.Source).LoadEncoding(spec).With(study.TemplateVariables);
        using ILanguageModel model = engines.For(spec.Source).Open(spec);
        return Ask(stage, place, inputs, spec, model, encoding, extents, cancellation);
    }

    /// <summary>Returns whether several processes can share the measuring: whether a task has several chunks.</summary>
    public bool HasParts(string place) => TasksOf(place).Any(t => t.Items.Count > Evaluator.Portion);

    /// <summary>Measures a part of the chunks of every task.</summary>
    /// <param name="stage">Named in the progress.</param>
    public void AskPart(
        string stage,
        string place,
        string inputs,
        ModelSpec spec,
        StagePart part,
        CancellationToken cancellation
    )
    {
        PromptEncoding encoding = engines.For(spec.Source).LoadEncoding(spec).With(study.TemplateVariables);
        using ILanguageModel model = engines.For(spec.Source).Open(spec);
        Evaluator evaluator = new(model, encoding);
        foreach (ITask task in TasksOf(place))
        {
            Protocol protocol = ProtocolOf(task, spec, encoding, evaluator.Prepare(task, cancellation));
            int done = 0,
                all = task.Items.Count / part.Of;
            string what = $"{task.Name} (part {part.Index + 1} of {part.Of})";
            void Count(int n) =>
                report(new RunEvent.Progressed(stage, what, Math.Min(done + n, all), all, ProgressUnit.Items));
            PartsOf(place, inputs)
                .Write(
                    task.Name,
                    task.Items,
                    Extent.Whole(task.Items.Count).BatchEnds,
                    chunk => chunk % part.Of == part.Index,
                    items =>
                    {
                        IReadOnlyList<Answer> answers = evaluator.Answers(
                            task,
                            items,
                            protocol.Hash,
                            Count,
                            cancellation
                        );
                        done += items.Length;
                        return answers;
                    }
                );
        }
    }

    /// <summary>Puts the chunks of all parts together, so that <see cref="Measure"/> finds them done.</summary>
    public void Join(string place, string inputs)
    {
        DiscardAnswersOfOtherInputs(place, inputs, TasksOf(place));
        foreach (ITask task in TasksOf(place))
        {
            int chunks = Extent.Whole(task.Items.Count).BatchEnds.Count;
            AnswerParts parts = PartsOf(place, inputs);
            parts.Join(task.Name, run.Answers(place, task.Name), chunks);
            parts.Remove(task.Name, chunks);
        }
    }

    private AnswerParts PartsOf(string place, string inputs) => new(run.At(place, "parts-" + inputs[..16]));

    private Protocol ProtocolOf(
        ITask task,
        ModelSpec spec,
        PromptEncoding encoding,
        IReadOnlyDictionary<string, string> asked
    ) =>
        Protocol
            .Of(task, spec, engines.For(spec.Source).DigestOf(spec), encoding, EngineOf(engines.For(spec.Source)))
            .With(asked)
            .With(Origins(task.Name, spec));

    /// <summary>Returns the first answers of a task whose file may still be growing.</summary>
    public IReadOnlyList<Answer> AnswersSoFar(string place, string task, int count)
    {
        string path = run.Answers(place, task);
        return [.. AnswerFile.Read(File.Exists(path) ? path : GrowingAnswers.GrowingName(path)).Take(count)];
    }

    private Dictionary<string, int> Ask(
        string stage,
        string place,
        string inputs,
        ModelSpec spec,
        ILanguageModel model,
        PromptEncoding encoding,
        IReadOnlyDictionary<string, Extent>? extents,
        CancellationToken cancellation
    )
    {
        DiscardAnswersOfOtherInputs(place, inputs, TasksOf(place));
        ITask[] tasks = [.. TasksOf(place).Where(t => extents?.ContainsKey(t.Name) ?? true)];
        Evaluator evaluator = new(model, encoding);
        CheckPrompts(place, tasks, spec, encoding, model);
        // All tasks first: a task that the model cannot do is refused before another is measured.
        Dictionary<string, IReadOnlyDictionary<string, string>> asked = tasks.ToDictionary(
            t => t.Name,
            t => evaluator.Prepare(t, cancellation)
        );
        Dictionary<string, int> answers = new(StringComparer.Ordinal);
        foreach (ITask task in tasks)
        {
            Protocol protocol = ProtocolOf(task, spec, encoding, asked[task.Name]);
            AtomicFile.WriteText(run.Protocol(place, task.Name), protocol.Print());
            Extent extent = extents?[task.Name] ?? Extent.Whole(task.Items.Count);
            void Count(int n) => report(new RunEvent.Progressed(stage, task.Name, n, extent.Items, ProgressUnit.Items));
            answers[task.Name] = evaluator.Measure(
                task,
                run.Answers(place, task.Name),
                protocol.Hash,
                extent,
                Count,
                cancellation
            );
        }

        return answers;
    }

    // What `prepare` could not know yet: the context of a server, or of a candidate that was added later. Where
    // `prepare` could know the context, it gave the warnings.
    private void CheckPrompts(
        string place,
        ITask[] tasks,
        ModelSpec spec,
        PromptEncoding encoding,
        ILanguageModel model
    )
    {
        bool known = engines.For(spec.Source).ContextLengthOf(spec) is not null;
        Action<RunEvent> tell = known ? _ => { } : TellOnce;
        int? context = model.ContextLength == int.MaxValue ? null : model.ContextLength;
        new FittingPrompts(study, engines, tell).Check(place, tasks, encoding, context, model.ScoredLength);
    }

    // A study with early decision opens its models again for every look.
    private void TellOnce(RunEvent warning)
    {
        if (told.TryAdd(warning, true))
        {
            report(warning);
        }
    }

    /// <summary>Returns the tasks as a place is asked them.</summary>
    public IReadOnlyList<ITask> TasksOf(string place) =>
        RunLayout.IsOfBase(place) ? data.Before ?? data.Tasks : data.Tasks;

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

    // The names on the hub, with their commits, from which model, adapter and data came.
    private Dictionary<string, string> Origins(string task, ModelSpec spec)
    {
        string? model = spec.Source switch
        {
            ModelSource.Folder folder => folder.Path,
            ModelSource.Gguf gguf => gguf.File,
            _ => null,
        };
        (string Field, string? Name)[] named =
        [
            ("hub.model", study.HubNameOf(model)),
            ("hub.adapter", study.HubNameOf(spec.Adapter?.Folder)),
            ("hub.data", string.Join(", ", study.Tasks.GetValueOrDefault(task) is { } t ? study.HubNamesOf(t) : [])),
        ];
        return named.Where(n => !string.IsNullOrEmpty(n.Name)).ToDictionary(n => n.Field, n => n.Name!);
    }

    // What computes: a score may change with it.
    private static string EngineOf(IEngine engine) =>
        string.Join(
            ", ",
            new[] { "fulcrum", "torchsharp", "llamasharp" }
                .Where(engine.Environment.ContainsKey)
                .Select(n => $"{n} {engine.Environment[n]}")
        );

    /// <summary>Deletes answers of another model, adapter or lambda. The protocol does not hold these, so a digest of
    /// the inputs is stored next to the answers.</summary>
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
