using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Fulcrum.Data;
using Fulcrum.Evaluation;
using Fulcrum.Reporting;
using Fulcrum.Statistics;

namespace Fulcrum;

/// <summary>The whole experiment, as stages that read files and write files: the file to read first.</summary>
/// <param name="study">With absolute folders, as <see cref="StudyFile.Load"/> returns it.</param>
/// <param name="run">Where everything goes; a folder that was cut off goes on where it stopped.</param>
/// <param name="runtime">Loads and trains models.</param>
/// <param name="corpus">Opens the data that the study names.</param>
/// <param name="tell">Told how far the work is.</param>
public sealed class Experiment(Study study, RunFolder run, IModelRuntime runtime, Func<Study, Corpus> corpus, Action<Progress>? tell = null)
{
    /// <summary>The stages in their order.</summary>
    public static readonly IReadOnlyList<string> Stages = ["prepare", "before", "train", "after", "compare", "report"];

    /// <summary>Runs every stage up to and including <paramref name="until"/> that is not complete yet.</summary>
    /// <param name="until">A stage's name; null: all.</param>
    /// <param name="language">Of the report: <c>en</c> or <c>pt-BR</c>.</param>
    /// <exception cref="InputException">The study, the model or the data cannot be used, or the folder belongs to another study.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; what was done is kept.</exception>
    public void Run(string? until = null, string language = "en", CancellationToken cancellation = default)
    {
        int last = until is null ? Stages.Count - 1 : Stages.ToList().IndexOf(until);
        Corpus data = corpus(study);
        (Study complete, string modelDigest) = Prepare(data);
        PromptEncoding encoding = PromptEncoding.Load(complete.Model.Folder);
        string prepared = Sha(StudyFile.Print(complete), modelDigest, data.Digest);

        // Before and after differ in the adapter and in nothing else.
        Action[] stages =
        [
            () => { },
            () => Measure("before", prepared, complete, data, encoding, modelDigest, adapter: null, cancellation),
            () => Train(prepared, complete, data, encoding, cancellation),
            () => Measure("after", Sha(prepared, DigestOf("train")), complete, data, encoding, modelDigest, run.Adapter, cancellation),
            () => Compare(Sha(DigestOf("before"), DigestOf("after")), complete),
            () => Report(Sha(DigestOf("compare"), DigestOf("train"), language), language),
        ];
        foreach (Action stage in stages.Take(last + 1))
        {
            cancellation.ThrowIfCancellationRequested();
            stage();
        }
    }

    private (Study Complete, string ModelDigest) Prepare(Corpus data)
    {
        string modelDigest = ModelFolder.Digest(study.Model.Folder);
        Study complete = study with { Model = Resolved() };
        string inputs = Sha(StudyFile.Print(complete), modelDigest, data.Digest);
        if (run.Completed("prepare") is { } earlier && File.Exists(run.Study))
        {
            RefuseAnother(complete, earlier.Inputs == inputs);
        }

        Stage("prepare", inputs, () =>
        {
            AtomicFile.WriteText(run.Study, StudyFile.Print(complete));
            return ["study.json"];
        });
        return (complete, modelDigest);
    }

    /// <summary>An <c>auto</c> is decided once: a run that goes on keeps what its first start decided.</summary>
    private ModelPlan Resolved()
    {
        if (run.Completed("prepare") is null || !File.Exists(run.Study))
        {
            return runtime.Resolve(study.Model);
        }

        ModelPlan stored = StudyFile.Parse(File.ReadAllText(run.Study), run.Study).Model;
        return study.Model with
        {
            Dtype = study.Model.Dtype == "auto" ? stored.Dtype : study.Model.Dtype,
            Device = study.Model.Device == "auto" ? stored.Device : study.Model.Device,
            Threads = study.Model.Threads ?? stored.Threads,
        };
    }

    private void RefuseAnother(Study complete, bool same)
    {
        if (same)
        {
            return;
        }

        string[] then = File.ReadAllLines(run.Study), now = StudyFile.Print(complete).TrimEnd('\n').Split('\n');
        string[] changed = [.. now.Except(then).Concat(then.Except(now)).Select(l => l.Trim().TrimEnd(',')).Distinct().Take(4)];
        string what = changed.Length > 0 ? $"its study differs ({string.Join("; ", changed)})" : "the model or the data have changed since it was begun";
        throw new InputException($"the run folder {run.Root} cannot be continued: {what}; choose another --output, or undo the change");
    }

    private void Measure(string side, string inputs, Study complete, Corpus data, PromptEncoding encoding, string modelDigest, string? adapter, CancellationToken cancellation)
    {
        Stage(side, inputs, () =>
        {
            using ILanguageModel model = runtime.Load(complete.Model, adapter);
            Evaluator evaluator = new(model, encoding);
            List<string> written = [];
            foreach (IBenchmark benchmark in data.Benchmarks)
            {
                Protocol protocol = Protocol.Of(benchmark, complete.Model, modelDigest, encoding);
                AtomicFile.WriteText(run.Protocol(side, benchmark.Name), protocol.Print());
                Action<int> count = n => tell?.Invoke(new Progress(side, benchmark.Name, n, benchmark.Items.Count, "items"));
                evaluator.Measure(benchmark, run.Answers(side, benchmark.Name), protocol.Hash, count, cancellation);
                written.AddRange([$"{side}/{benchmark.Name}.jsonl", $"{side}/{benchmark.Name}.protocol.json"]);
            }

            return written;
        });
    }

    private void Train(string inputs, Study complete, Corpus data, PromptEncoding encoding, CancellationToken cancellation)
    {
        Stage("train", inputs, () =>
        {
            TrainPlan plan = complete.Train with { Seed = complete.Train.Seed ?? complete.Seed };
            TrainingExample[] examples = [.. data.Training.Select(e => encoding.Example(e.Id, e.Prompt, e.Completion, e.Cluster))];
            string form = Sha(inputs);
            DiscardCheckpointsOfAnother(form);
            runtime.Train(complete.Model, plan, examples, run.Adapter, Step, cancellation);
            return ["adapter/adapter_config.json", "adapter/adapter_model.safetensors", "adapter/train.jsonl"];
        });
        void Step(TrainingStep s) => tell?.Invoke(new Progress("train", $"loss {s.Loss:F3}", s.Step, s.Steps, "steps"));
    }

    /// <summary>Checkpoints count only for the inputs that they were made from.</summary>
    private void DiscardCheckpointsOfAnother(string inputs)
    {
        string mark = run.At("adapter", "inputs.txt");
        if (Directory.Exists(run.Adapter) && (!File.Exists(mark) || File.ReadAllText(mark) != inputs))
        {
            Directory.Delete(run.Adapter, recursive: true);
        }

        AtomicFile.WriteText(mark, inputs);
    }

    private void Compare(string inputs, Study complete)
    {
        Stage("compare", inputs, () =>
        {
            Comparison comparison = new([.. complete.Benchmarks.Select(b =>
                PairedComparison.Of(b.Name, AnswerFile.Read(run.Answers("before", b.Name)), AnswerFile.Read(run.Answers("after", b.Name))))]);
            AtomicFile.WriteText(run.Comparison, ComparisonJson.Print(comparison));
            return ["comparison.json"];
        });
    }

    private void Report(string inputs, string language)
    {
        Stage("report", inputs, () =>
        {
            Reporting.Report.Write(run.Root, language);
            return ["report.html", "report.md", "results.csv"];
        });
    }

    private void Stage(string name, string inputs, Func<IReadOnlyList<string>> work)
    {
        if (run.IsComplete(name, inputs))
        {
            tell?.Invoke(new Progress(name, "complete", 1, 1, "stage"));
            return;
        }

        run.Reopen(name);
        tell?.Invoke(new Progress(name, "", 0, 0, "stage"));
        long start = Stopwatch.GetTimestamp();
        IReadOnlyList<string> outputs = work();
        run.Complete(name, inputs, outputs, Stopwatch.GetElapsedTime(start).TotalSeconds, runtime.Environment);
    }

    private string DigestOf(string stage) => Sha(string.Join('\n', run.Completed(stage)?.Outputs.Where(o => !o.Key.EndsWith("train.jsonl", StringComparison.Ordinal)).Select(o => $"{o.Key}={o.Value}") ?? []));

    private static string Sha(params string[] parts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts))));
}
