using System.Diagnostics;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Llama;
using Fulcrum.Llama.Export;
using Fulcrum.Models;
using Fulcrum.Torch;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Speed;

namespace Fulcrum.Cli;

/// <summary>The time of one piece of work on one engine.</summary>
/// <param name="Engine"><c>torch</c> or <c>llama.cpp</c>.</param>
/// <param name="Form">The numeric form of the weights.</param>
/// <param name="Work"><c>score</c> or <c>generate</c>.</param>
/// <param name="Tokens">Prompts and letters of <c>score</c>, new tokens of <c>generate</c>.</param>
/// <param name="Seconds">Of each round.</param>
/// <param name="Distance">Largest difference of a log-likelihood from torch's; null for torch and for
/// <c>generate</c>.</param>
/// <param name="FileBytes">Size of the GGUF file; null for torch.</param>
/// <param name="CacheBytes">Size of llama.cpp's KV cache; null for torch.</param>
/// <param name="WorkerPeakBytes">Most resident memory of llama.cpp's worker process; null for torch, which computes in
/// this process.</param>
internal sealed record EngineTime(
    string Engine,
    string Form,
    string Work,
    int Items,
    long Tokens,
    IReadOnlyList<double> Seconds,
    double? Distance,
    long? FileBytes,
    long? CacheBytes,
    long? WorkerPeakBytes
);

/// <summary>Times of the engines on the same work, in one run.</summary>
/// <param name="SgemmGflops">The machine's float32 matmul rate, mean of before and after.</param>
internal sealed record EngineTimes(int Threads, double SgemmGflops, string LlamaCpp, IReadOnlyList<EngineTime> Times);

/// <summary>Times the torch engine and llama.cpp on the same work. The model has random weights. It is written as a
/// folder and as the GGUF files that an export of the folder gives.</summary>
internal sealed class EngineSpeed : IDisposable
{
    private readonly ScratchFolder? scratch;
    private readonly string folder;
    private readonly int threads;
    private readonly Action<string> tell;
    private readonly Subject[] subjects;

    /// <summary>Writes the model.</summary>
    /// <param name="config">A <c>config.json</c>.</param>
    /// <param name="types">The GGUF files.</param>
    /// <param name="tell">Called with the current activity.</param>
    /// <param name="keep">Where the model is written and stays; files that exist are used again. Null: a temporary
    /// folder.</param>
    public EngineSpeed(
        string config,
        IReadOnlyList<GgufFileType> types,
        int threads,
        Action<string> tell,
        string? keep = null
    )
    {
        (this.threads, this.tell) = (threads, tell);
        scratch = keep is null ? new ScratchFolder("engines") : null;
        folder = keep ?? scratch!.Path;
        tell($"writing a model of random weights and its GGUF files to {folder}");
        try
        {
            WriteModel(config);
            ModelSpec model = ModelSpec.InFolder(folder, Dtype.F32, device: "cpu", threads: threads);
            subjects = [new("torch", EnumNames.Of(Dtype.F32), model), .. types.Select(t => Exported(model, t))];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Does each piece of work as <see cref="Times"/> does, and measures the machine before and
    /// after.</summary>
    public EngineTimes Run(IReadOnlyList<EngineWork> works, int rounds)
    {
        Libtorch.Load(threads);
        double before = MatmulRate.Gflops(Dtype.F32);
        EngineTime[] times = [.. works.SelectMany(w => Times(w, rounds))];
        double rate = (before + MatmulRate.Gflops(Dtype.F32)) / 2;
        return new EngineTimes(threads, rate, ModelEngines.Llama.Description, times);
    }

    /// <summary>Does a piece of work on every engine in turn, once per round, after a warm-up on one item.</summary>
    public IReadOnlyList<EngineTime> Times(EngineWork work, int rounds)
    {
        Dictionary<Subject, List<Measured>> measured = subjects.ToDictionary(s => s, _ => new List<Measured>());
        for (int round = 1; round <= rounds; round++)
        {
            foreach (Subject subject in subjects)
            {
                tell($"{work.Name}, {subject.Engine} {subject.Form}, round {round} of {rounds}");
                measured[subject].Add(Measure(subject, work));
            }
        }

        double[] reference = measured[subjects[0]][0].LogLikelihoods;
        return [.. subjects.Select(s => TimeOf(s, work, measured[s], reference))];
    }

    /// <inheritdoc/>
    public void Dispose() => scratch?.Dispose();

    // All work is token ids, so any tokenizer will do whose vocabulary is smaller than the model's.
    private void WriteModel(string config)
    {
        string written = Path.Combine(folder, "config.json");
        if (File.Exists(Path.Combine(folder, "model.safetensors")))
        {
            if (BoundedFile.ReadText(written) != BoundedFile.ReadText(config))
            {
                throw new InputException($"{written} differs from {config}: name another folder");
            }

            return;
        }

        AtomicFile.CreateNamedFolder(folder);
        string embedded = Path.Combine(AppContext.BaseDirectory, "assets", "model");
        foreach (string name in (string[])["tokenizer.json", "tokenizer_config.json"])
        {
            File.Copy(Path.Combine(embedded, name), Path.Combine(folder, name), overwrite: true);
        }

        RandomModel.Write(folder, config);
    }

    private Subject Exported(ModelSpec model, GgufFileType type)
    {
        string file = Path.Combine(folder, $"{EnumNames.Of(type)}.gguf");
        if (!File.Exists(file))
        {
            using IModelWeights weights = ModelWeights.Open(model);
            // Warnings about the tokenizer do not concern work in token ids.
            GgufExport.Write(weights, folder, file, type, threads);
        }

        return new Subject("llama.cpp", EnumNames.Of(type), model with { Source = new ModelSource.Gguf(file) });
    }

    private static Measured Measure(Subject subject, EngineWork work)
    {
        using ILanguageModel model = ModelEngines.For(subject.Model.Source).Open(subject.Model);
        work.Do(model, 1);
        long start = Stopwatch.GetTimestamp();
        double[] logLikelihoods = work.Do(model, work.Items);
        return new Measured(Stopwatch.GetElapsedTime(start), logLikelihoods, model as LlamaLanguageModel);
    }

    private static EngineTime TimeOf(Subject subject, EngineWork work, List<Measured> rounds, double[] reference) =>
        new(
            subject.Engine,
            subject.Form,
            work.Name,
            work.Items,
            work.Tokens,
            [.. rounds.Select(r => r.Time.TotalSeconds)],
            reference.Length == 0 || ReferenceEquals(reference, rounds[0].LogLikelihoods)
                ? null
                : rounds[0].LogLikelihoods.Zip(reference, (a, b) => Math.Abs(a - b)).Max(),
            subject.Model.Source is ModelSource.Gguf gguf ? new FileInfo(gguf.File).Length : null,
            rounds.Max(r => r.CacheBytes),
            rounds.Max(r => r.WorkerPeakBytes)
        );

    private sealed record Subject(string Engine, string Form, ModelSpec Model);

    private sealed class Measured(TimeSpan time, double[] logLikelihoods, LlamaLanguageModel? llama)
    {
        public TimeSpan Time => time;

        public double[] LogLikelihoods => logLikelihoods;

        // Read here, because the worker ends with the model.
        public long? CacheBytes { get; } = llama?.CacheBytes;

        public long? WorkerPeakBytes { get; } = llama?.WorkerPeakBytes;
    }
}
