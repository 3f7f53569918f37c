using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>Measures every benchmark of a study with one form of its model; before, after and every further point go
/// through this code and no other.</summary>
/// <param name="study">Complete, every <c>auto</c> decided.</param>
/// <param name="modelDigest">Of the base model's folder.</param>
internal sealed class Measurement(
    Study study,
    RunFolder run,
    IEngine runtime,
    Corpus data,
    PromptEncoding encoding,
    string modelDigest,
    Action<Progress>? tell
)
{
    /// <summary>Measures into a folder of the run; answers that stand there already and were made from the same inputs
    /// are kept.</summary>
    /// <param name="stage">Named in the progress.</param>
    /// <param name="folder">Relative to the run: <c>before</c>, <c>points/lambda-0.5</c>.</param>
    /// <param name="inputs">Digest of model, data, study and adapter: what the answers were made from.</param>
    /// <param name="measured">Called with the model, still loaded, once all answers stand.</param>
    /// <returns>The files written, relative to the run.</returns>
    public IReadOnlyList<string> Into(
        string stage,
        string folder,
        string inputs,
        AppliedAdapter? serving,
        CancellationToken cancellation,
        Action<ILanguageModel>? measured = null
    )
    {
        string key = Sha256.OfTexts(
            inputs,
            serving is null ? "base" : FormattableString.Invariant($"{serving.Lambda:R} {EnumNames.Of(serving.Form)}")
        );
        DiscardAnswersOfAnother(folder, key);
        using ILanguageModel model = runtime.Open(study.Model.Spec with { Adapter = serving });
        Evaluator evaluator = new(model, encoding);
        // All tasks first: one that the model cannot do is told before another is measured.
        Dictionary<string, IReadOnlyDictionary<string, string>> asked = BenchmarksOf(folder)
            .ToDictionary(t => t.Name, t => evaluator.Prepare(t, cancellation));
        List<string> written = [];
        foreach (ITask benchmark in BenchmarksOf(folder))
        {
            Protocol protocol = Protocol
                .Of(benchmark, study.Model.Spec, modelDigest, encoding, serving?.Form ?? ServingForm.Attached, Engine)
                .With(asked[benchmark.Name]);
            AtomicFile.WriteText(run.Protocol(folder, benchmark.Name), protocol.Print());
            Action<int> count = n =>
                tell?.Invoke(new Progress(stage, What(stage, folder, benchmark), n, benchmark.Items.Count, "items"));
            evaluator.Measure(benchmark, run.Answers(folder, benchmark.Name), protocol.Hash, count, cancellation);
            written.AddRange([$"{folder}/{benchmark.Name}.jsonl", $"{folder}/{benchmark.Name}.protocol.json"]);
        }

        if (folder == "after" && study.NeutralText is { } text)
        {
            NeutralText.Measure(
                text,
                study.Seed,
                model,
                encoding,
                run.At(folder, NeutralText.FileName),
                (n, of) => tell?.Invoke(new Progress(stage, "neutral text", n, of, "texts")),
                cancellation
            );
            written.Add($"{folder}/{NeutralText.FileName}");
        }

        measured?.Invoke(model);
        return written;
    }

    /// <summary>The benchmarks as a side is asked them.</summary>
    public IReadOnlyList<ITask> BenchmarksOf(string folder) =>
        folder == "before" ? data.Before ?? data.Benchmarks : data.Benchmarks;

    /// <summary>What computes: a score may change with it.</summary>
    private string Engine =>
        string.Join(
            ", ",
            new[] { "fulcrum", "torchsharp" }
                .Where(runtime.Environment.ContainsKey)
                .Select(n => $"{n} {runtime.Environment[n]}")
        );

    private static string What(string stage, string folder, ITask benchmark) =>
        folder == stage ? benchmark.Name : $"{Path.GetFileName(folder)} {benchmark.Name}";

    /// <summary>An answer counts only for the model, adapter and scale that gave it; its protocol alone does not tell
    /// them apart.</summary>
    private void DiscardAnswersOfAnother(string folder, string key)
    {
        string mark = run.At(folder, "inputs.txt");
        if (Directory.Exists(run.At(folder)) && (!File.Exists(mark) || File.ReadAllText(mark) != key))
        {
            foreach (string file in Directory.EnumerateFiles(run.At(folder)))
            {
                File.Delete(file);
            }
        }

        AtomicFile.WriteText(mark, key);
    }
}
