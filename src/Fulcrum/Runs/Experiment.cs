using System.Diagnostics;
using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Guards;
using Fulcrum.Models;
using Fulcrum.Observability;
using Fulcrum.Statistics;
using Fulcrum.Studies;
using Fulcrum.Tasks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fulcrum.Runs;

/// <summary>The whole experiment, as stages that read files and write files: the file to read first.</summary>
/// <param name="study">With absolute folders, as <see cref="StudyFile.Load"/> returns it.</param>
/// <param name="run">Where everything goes; a folder that was cut off goes on where it stopped.</param>
/// <param name="runtime">Loads and trains models.</param>
/// <param name="corpus">Opens the data that the study names.</param>
/// <param name="tell">Told how far the work is.</param>
/// <param name="looking">By benchmark, the difference in points that somebody wants to see; beyond the study's own
/// margin.</param>
/// <param name="writeReport">Writes the report of a run folder in a language; returns the files. Null: none is written.</param>
/// <param name="log">Told what happens, with levels; null: nobody.</param>
public sealed class Experiment(
    Study study,
    RunFolder run,
    IEngine runtime,
    Func<Study, Corpus> corpus,
    Action<Progress>? tell = null,
    IReadOnlyDictionary<string, double>? looking = null,
    ILogger? log = null,
    Func<string, string, IReadOnlyList<string>>? writeReport = null
)
{
    private static readonly string[] Reading = ["before", "train", "after", "points"];
    private readonly Heartbeat heartbeat = new(run.At("heartbeat.json"));
    private readonly ILogger log = log ?? NullLogger.Instance;
    private Action unchanged = () => { };

    /// <summary>The stages in their order.</summary>
    public static readonly IReadOnlyList<string> Stages =
    [
        "prepare",
        "before",
        "train",
        "after",
        "points",
        "compare",
        "report",
    ];

    /// <summary>Runs every stage up to and including <paramref name="until"/> that is not complete yet.</summary>
    /// <param name="until">A stage's name; null: all.</param>
    /// <param name="language">Of the report: <c>en</c> or <c>pt-BR</c>.</param>
    /// <exception cref="InputException">The study, the model or the data cannot be used, or the folder belongs to
    /// another study.</exception>
    /// <exception cref="GuardException">Something makes the numbers meaningless; says what, and how to go on all the
    /// same.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what was done is kept.</exception>
    public void Run(string? until = null, string language = "en", CancellationToken cancellation = default)
    {
        using Activity? span = Telemetry.Begin("run", "fulcrum.study", study.Name);
        log.Begins(study.Name, run.Root);
        try
        {
            RunStages(until, language, cancellation);
            log.Ends();
        }
        catch (Exception e) when (IsLogged(e))
        {
            throw;
        }
        catch (Exception e) when (AtomicFile.IsRefusal(e))
        {
            throw new FulcrumException(
                $"the run stopped, because a file could not be read or written: {AtomicFile.Reason(e).TrimEnd('.')}. What was done is kept in {run.Root}; the same command goes on from there",
                e
            );
        }
    }

    // Always false: the log is written where the failure happens, and who catches it stays who it was.
    private bool IsLogged(Exception e)
    {
        if (e is OperationCanceledException)
        {
            log.Interrupted();
        }
        else
        {
            log.Failed(e is FulcrumException ? e.Message : $"{e.GetType().Name}: {e.Message}");
        }

        return false;
    }

    private void RunStages(string? until, string language, CancellationToken cancellation)
    {
        int last = until is null ? Stages.Count - 1 : Stages.ToList().IndexOf(until);
        Corpus data = corpus(study);
        (Study complete, string modelDigest) = Begin(data);
        PromptEncoding encoding = PromptEncoding.Load(complete.Model.Folder);
        string prepared = InputsOf(complete, modelDigest, data);
        Measurement measurement = new(complete, run, runtime, data, encoding, modelDigest, Tell);
        PointPlan[] points = [.. PointPlan.Of(complete, data.Training.Count)];

        // Before and after differ in the adapter and in nothing else.
        Action[] stages =
        [
            () => Prepare(prepared, complete, data, encoding, points, cancellation),
            () => Measure("before", prepared, complete, measurement, encoding, serving: null, cancellation),
            () =>
                Stage(
                    "train",
                    prepared,
                    () =>
                        Train(
                            complete,
                            data,
                            encoding,
                            run.Adapter,
                            prepared,
                            complete.TrainingSeeds[0],
                            "train",
                            cancellation
                        )
                ),
            () =>
                Measure(
                    "after",
                    Sha256.OfTexts(prepared, DigestOf("train")),
                    complete,
                    measurement,
                    encoding,
                    new AppliedAdapter(run.Adapter, Form: complete.AfterForm),
                    cancellation
                ),
            () =>
                Points(
                    Sha256.OfTexts(prepared, DigestOf("train")),
                    measurement,
                    points,
                    seed =>
                        Train(
                            complete,
                            data,
                            encoding,
                            AdapterOf(seed),
                            Sha256.OfTexts(prepared, $"{seed}"),
                            seed,
                            "points",
                            cancellation
                        ),
                    cancellation
                ),
            () =>
                Compare(
                    Sha256.OfTexts(
                        StudyFile.Print(complete),
                        DigestOf("prepare"),
                        DigestOf("before"),
                        DigestOf("after"),
                        DigestOf("points")
                    ),
                    complete,
                    points
                ),
            () => Report(Sha256.OfTexts(DigestOf("compare"), DigestOf("train"), language), language),
        ];
        unchanged = () => RefuseChanges(modelDigest, data);
        foreach (Action stage in stages.Take(last + 1))
        {
            cancellation.ThrowIfCancellationRequested();
            stage();
        }
    }

    // How the model is asked is no part of a study, but what one form began no other goes on with.
    private string InputsOf(Study complete, string modelDigest, Corpus data) =>
        Sha256.OfTexts([
            StudyFile.Print(complete.Core),
            modelDigest,
            data.Digest,
            .. runtime.Environment.TryGetValue(IEngine.Batches, out string? form) ? [form] : Array.Empty<string>(),
        ]);

    private (Study Complete, string ModelDigest) Begin(Corpus data)
    {
        string modelDigest = ModelFolder.Digest(study.Model.Folder);
        Study complete = study with { Model = Resolved() };
        if (run.Completed("prepare") is { } earlier && File.Exists(run.Study))
        {
            RefuseAnother(
                complete,
                earlier.Inputs == InputsOf(complete, modelDigest, data),
                earlier.Environment.GetValueOrDefault(IEngine.Batches)
            );
        }

        AtomicFile.WriteText(run.Study, StudyFile.Print(complete));
        return (complete, modelDigest);
    }

    /// <summary>Guards that need no answers, what the samples can see, and an estimate of the work.</summary>
    private void Prepare(
        string inputs,
        Study complete,
        Corpus data,
        PromptEncoding encoding,
        IReadOnlyList<PointPlan> points,
        CancellationToken cancellation
    )
    {
        Stage(
            "prepare",
            inputs,
            () =>
            {
                GuardLog log = new("prepare");
                PreparationGuards.Check(log, data, encoding, complete);
                log.Close(run.Guards("prepare"), complete.OverrideGuards ?? []);
                Note(Foresight.Of(log, complete.OverrideGuards ?? []));
                Foresight.Of(complete, data, looking).ToList().ForEach(Note);
                AtomicFile.WriteText(run.At(ModelFacts.FileName), ModelFacts.Of(complete.Model.Folder).Print());
                if (tell is not null)
                {
                    Note(
                        Estimate
                            .Of(complete, runtime, data, encoding, points, run.At("estimate"), cancellation)
                            .ToString()
                    );
                }

                return ["guards/prepare.json", ModelFacts.FileName];
            }
        );
    }

    /// <summary>An <c>auto</c> is decided once: a run that goes on keeps what its first start decided.</summary>
    private ModelPlan Resolved()
    {
        if (run.Completed("prepare") is null || !File.Exists(run.Study))
        {
            ModelSpec found = runtime.Resolve(study.Model.Spec);
            return study.Model with { Dtype = found.Dtype, Device = found.Device, Threads = found.Threads };
        }

        ModelPlan stored = StudyFile.Parse(File.ReadAllText(run.Study), run.Study).Model;
        return study.Model with
        {
            Dtype = study.Model.Dtype == Dtype.Auto ? stored.Dtype : study.Model.Dtype,
            Device = study.Model.Device == "auto" ? stored.Device : study.Model.Device,
            Threads = study.Model.Threads ?? stored.Threads,
        };
    }

    private void RefuseAnother(Study complete, bool same, string? form)
    {
        if (same)
        {
            return;
        }

        string[] then = File.ReadAllLines(run.Study),
            now = StudyFile.Print(complete).TrimEnd('\n').Split('\n');
        string[] changed =
        [
            .. now.Except(then).Concat(then.Except(now)).Select(l => l.Trim().TrimEnd(',')).Distinct().Take(4),
        ];
        string what =
            changed.Length > 0 ? $"its study differs ({string.Join("; ", changed)})"
            : form != runtime.Environment.GetValueOrDefault(IEngine.Batches)
                ? $"it was begun {(form is null ? "without --plain" : "with --plain")}"
            : "the model or the data have changed since it was begun";
        throw new InputException(
            $"the run folder {run.Root} cannot be continued: {what}; choose another --output, or undo the change"
        );
    }

    /// <summary>What a stage reads must be what the run began with, before and behind it.</summary>
    private void RefuseChanges(string modelDigest, Corpus data)
    {
        string? changed =
            ModelFolder.Digest(study.Model.Folder) != modelDigest ? $"the model in {study.Model.Folder} has"
            : data.DigestNow?.Invoke() is { } now && now != data.Digest ? "the data of the study have"
            : null;
        if (changed is not null)
        {
            throw new InputException(
                $"{changed} changed while the run was under way, so its parts would not belong together; undo the change and run the same command again, or choose another --output"
            );
        }
    }

    private void Measure(
        string side,
        string inputs,
        Study complete,
        Measurement measurement,
        PromptEncoding encoding,
        AppliedAdapter? serving,
        CancellationToken cancellation
    )
    {
        Stage(
            side,
            inputs,
            () =>
            {
                GuardLog log = new(side);
                double[] probe = [];
                List<string> written =
                [
                    .. measurement.Into(
                        side,
                        side,
                        inputs,
                        serving,
                        cancellation,
                        model =>
                        {
                            probe = serving is null
                                ? []
                                : AdapterProbe.Of(model, measurement.BenchmarksOf(side), encoding);
                            _ = serving is null
                                ? MeasureNoise(side, new Evaluator(model, encoding), measurement, cancellation)
                                : null;
                        }
                    ),
                ];
                foreach ((ITask benchmark, TaskPlan plan) in measurement.BenchmarksOf(side).Zip(complete.Benchmarks))
                {
                    MeasurementGuards.Check(
                        log,
                        benchmark,
                        plan,
                        AnswerFile.Read(run.Answers(side, benchmark.Name)),
                        complete.Model.Folder,
                        before: serving is null
                    );
                }

                if (serving is not null)
                {
                    AdapterProbe.Check(
                        log,
                        serving.Form is ServingForm.UnquantizedAttached or ServingForm.UnquantizedMerged
                            ? null
                            : Probe(null),
                        Probe(serving with { Lambda = 0 }),
                        probe,
                        complete.Model.Dtype
                    );
                }

                log.Close(run.Guards(side), complete.OverrideGuards ?? []);
                return
                [
                    .. written,
                    $"guards/{side}.json",
                    .. serving is null ? ["before/noise.json"] : Array.Empty<string>(),
                ];
            }
        );

        double[] Probe(AppliedAdapter? other)
        {
            using ILanguageModel model = runtime.Open(complete.Model.Spec with { Adapter = other });
            return AdapterProbe.Of(model, measurement.BenchmarksOf(side), encoding);
        }
    }

    private BatchingNoise[] MeasureNoise(
        string side,
        Evaluator evaluator,
        Measurement measurement,
        CancellationToken cancellation
    )
    {
        BatchingNoise[] noise =
        [
            .. measurement
                .BenchmarksOf(side)
                .Select(b => BatchingNoise.Of(evaluator, b, AnswerFile.Read(run.Answers(side, b.Name)), cancellation)),
        ];
        BatchingNoise.Write(run.At(side, "noise.json"), noise);
        return noise;
    }

    /// <summary>The further forms that the study asks for: parts of the adapter, its checkpoints, forms of serving,
    /// adapters of other seeds.</summary>
    private void Points(
        string inputs,
        Measurement measurement,
        IReadOnlyList<PointPlan> points,
        Func<int, IReadOnlyList<string>> train,
        CancellationToken cancellation
    )
    {
        Stage(
            "points",
            Sha256.OfTexts([inputs, .. points.Select(p => p.ToString())]),
            () =>
            {
                List<string> written = [];
                foreach (PointPlan point in points)
                {
                    if (point.Seed is { } seed)
                    {
                        written.AddRange(train(seed).Where(f => !f.EndsWith("train.jsonl", StringComparison.Ordinal)));
                    }

                    written.AddRange(
                        measurement.Into(
                            "points",
                            $"points/{point.Name}",
                            inputs,
                            new AppliedAdapter(
                                AdapterOf(point),
                                point.Lambda,
                                EnumNames.Parse<ServingForm>(point.Form, "form")
                            ),
                            cancellation
                        )
                    );
                    point.WriteTo(run.At("points", point.Name));
                }

                return written;
            }
        );
    }

    private string AdapterOf(int seed) => run.At("seeds", $"{seed}");

    private string AdapterOf(PointPlan point) =>
        point switch
        {
            { Seed: { } seed } => AdapterOf(seed),
            { Step: { } step } => run.At("adapter", $"checkpoint-{step}"),
            _ => run.Adapter,
        };

    private IReadOnlyList<string> Train(
        Study complete,
        Corpus data,
        PromptEncoding encoding,
        string folder,
        string inputs,
        int seed,
        string stage,
        CancellationToken cancellation
    )
    {
        TrainingExample[] examples =
        [
            .. data.Training.Select(e => encoding.Example(e.Id, e.Prompt, e.Completion, e.Cluster)),
        ];
        (IReadOnlyList<TrainingExample> shaped, TrainingDataSummary summary) = TrainingShape.Of(
            complete.Train,
            examples
        );
        DiscardCheckpointsOfAnother(folder, inputs);
        AtomicFile.WriteText(Path.Combine(folder, TrainingDataSummary.FileName), summary.Print());
        TrainingProgress progress = new(stage, Tell, stage == "train" ? null : $"seed {seed}");
        ((ITrainer)runtime).Train(
            complete.Model.Spec,
            complete.Train with
            {
                Seed = seed,
            },
            shaped,
            folder,
            progress.Tell,
            cancellation
        );
        string place = Path.GetRelativePath(run.Root, folder).Replace('\\', '/');
        return
        [
            $"{place}/adapter_config.json",
            $"{place}/adapter_model.safetensors",
            $"{place}/train.jsonl",
            $"{place}/{TrainingDataSummary.FileName}",
        ];
    }

    /// <summary>Checkpoints count only for the inputs that they were made from.</summary>
    private static void DiscardCheckpointsOfAnother(string folder, string inputs)
    {
        string mark = Path.Combine(folder, "inputs.txt");
        if (Directory.Exists(folder) && (!File.Exists(mark) || File.ReadAllText(mark) != inputs))
        {
            Directory.Delete(folder, recursive: true);
        }

        AtomicFile.WriteText(mark, inputs);
    }

    private void Compare(string inputs, Study complete, IReadOnlyList<PointPlan> points)
    {
        Stage(
            "compare",
            inputs,
            () =>
            {
                Comparison comparison = StudyComparison.Of(complete, run.Root, points);
                AtomicFile.WriteText(run.Comparison, ComparisonJson.Print(comparison));
                GuardLog.Refuse(comparison.Guards ?? [], []);
                return ["comparison.json"];
            }
        );
    }

    private void Report(string inputs, string language)
    {
        Stage("report", inputs, () => writeReport?.Invoke(run.Root, language) ?? []);
    }

    private void Stage(string name, string inputs, Func<IReadOnlyList<string>> work)
    {
        if (run.IsComplete(name, inputs))
        {
            Tell(new Progress(name, "complete", 1, 1, "stage"));
            log.StageStands(name);
            return;
        }

        using Activity? span = Telemetry.Begin("stage", "fulcrum.stage", name);
        log.StageBegins(name);
        run.Reopen(name);
        Tell(new Progress(name, "", 0, 0, "stage"));
        long start = Stopwatch.GetTimestamp();
        Action check = Reading.Contains(name) ? unchanged : () => run.RequireIntact(Stages.TakeWhile(s => s != name));
        check();
        using EnergyMeter energy = new();
        IReadOnlyList<string> outputs = work();
        check();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        run.Complete(name, inputs, outputs, seconds, runtime.Environment, energy.Joules);
        Telemetry.Completed(name, seconds);
        log.StageEnds(name, seconds);
    }

    private void Note(string sentence) => Tell(new Progress("prepare", sentence, 0, 0, "note"));

    private void Tell(Progress at)
    {
        bool due = heartbeat.Tell(at);
        const string Warning = "warning: ";
        if (at.Unit == "note" && at.What.StartsWith(Warning, StringComparison.Ordinal))
        {
            log.Warns(at.What[Warning.Length..]);
        }
        else if (at.Unit == "note")
        {
            log.Notes(at.What);
        }
        else if (due && at.Total > 0)
        {
            log.Progresses(at.Stage, at.What, at.Done, at.Total, at.Unit);
        }

        tell?.Invoke(at);
    }

    private string DigestOf(string stage) =>
        Sha256.OfTexts(
            string.Join(
                '\n',
                run.Completed(stage)
                    ?.Outputs.Where(o => !o.Key.EndsWith("train.jsonl", StringComparison.Ordinal))
                    .Select(o => $"{o.Key}={o.Value}")
                    ?? []
            )
        );
}
