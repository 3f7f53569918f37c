using Fulcrum.Files;
using Fulcrum.Llama;
using Fulcrum.Llama.Export;
using Fulcrum.Llama.Gguf;
using Fulcrum.Llama.Tracing;
using Fulcrum.Models;
using Fulcrum.Models.Endpoint;
using Fulcrum.Tasks;
using Fulcrum.Tokenization;
using Fulcrum.Torch;
using Fulcrum.Tracing;

namespace Fulcrum.Cli;

/// <summary>A fine-tune on its way from base and adapter to a file, a server, or both.</summary>
/// <param name="Base">The folder of the base.</param>
/// <param name="Adapter">The folder of the adapter.</param>
/// <param name="File">The GGUF file that is served; null: it is not known.</param>
/// <param name="Server">The model on the server; null: there is no server.</param>
/// <param name="Threads">Null: all available cores.</param>
internal sealed record Shipment(
    string Base,
    string Adapter,
    string? File,
    ModelSource.Endpoint? Server,
    int? Threads = null
)
{
    // The base with the adapter, in float32.
    private ModelSpec Adapted =>
        ModelSpec.InFolder(Base, Dtype.F32, device: "cpu", threads: Threads) with
        {
            Adapter = new AppliedAdapter(Adapter),
        };

    // The fine-tune was trained with the adapter's tokenizer and template if its folder has them.
    private string TokenizerFolder => System.IO.File.Exists(Path.Combine(Adapter, "tokenizer.json")) ? Adapter : Base;

    /// <summary>Returns the differences that need no measuring, in the order of the ladder.</summary>
    /// <exception cref="InputException">A folder or the file cannot be read, or the file holds another
    /// architecture.</exception>
    public IReadOnlyList<TraceFinding> Compare(CancellationToken cancellation)
    {
        List<TraceFinding> findings = [];
        if (File is { } file)
        {
            using IModelWeights plain = ModelWeights.Open(Adapted with { Adapter = null }),
                right = ModelWeights.Open(Adapted);
            findings.AddRange(ShipmentCheck.Compare(Base, Adapter, file, plain, right));
        }

        if (Server is { } server)
        {
            using EndpointModel model = (EndpointModel)ModelEngines.Servers.Open(new ModelSpec(server));
            findings.AddRange(ServerCheck.Compare(model, Base, TokenizerFolder, cancellation));
        }

        return findings;
    }

    /// <summary>Measures the rungs on texts and tasks, each rung against the one before.</summary>
    /// <param name="ladder">Whether the right merge is measured as GGUF in F16 and Q8_0 too.</param>
    public IReadOnlyList<MeasuredRung> Measure(
        IReadOnlyList<string> texts,
        IReadOnlyList<ITask> tasks,
        bool ladder,
        CancellationToken cancellation
    )
    {
        using ScratchFolder scratch = new("trace");
        TraceMeasurement measurement = new(
            ModelEngines.All,
            Tokenizer.Load(Base),
            texts,
            tasks,
            Directory.CreateDirectory(Path.Combine(scratch.Path, "answers")).FullName,
            Notices.Warn
        );
        return measurement.Measure(
            Adapted with
            {
                Quantization = Quantization.Nf4,
            },
            [.. Rungs(scratch.Path, ladder)],
            cancellation
        );
    }

    private IEnumerable<TraceMeasurement.Rung> Rungs(string folder, bool ladder)
    {
        yield return new(TraceRung.Adapter, Adapted);
        yield return new(
            TraceRung.Merged,
            Adapted with
            {
                Source = new ModelSource.Folder(Merged(Path.Combine(folder, "merged"))),
                Adapter = null,
            }
        );
        if (ladder)
        {
            yield return Exported(folder, TraceRung.GgufF16, GgufFileType.F16);
            yield return Exported(folder, TraceRung.GgufQ8, GgufFileType.Q8_0);
        }

        if (File is not null)
        {
            yield return InFile(TraceRung.Gguf, File);
        }

        if (Server is { } server)
        {
            yield return new(
                TraceRung.Server,
                new ModelSpec(server with { TokenizerFolder = server.TokenizerFolder ?? TokenizerFolder }),
                OwnTemplate: new ModelSpec(server with { TokenizerFolder = null })
            );
        }
    }

    // The weights that the file holds. Without a file, the right merge in the type that the base is stored in.
    private string Merged(string folder)
    {
        Directory.CreateDirectory(folder);
        if (File is { } file)
        {
            using GgufWeights weights = GgufWeights.Open(file);
            ModelWeights.Write(weights, Base, folder);
        }
        else
        {
            MergedModel.Write(Adapted with { Dtype = Dtype.Auto }, folder);
        }

        return folder;
    }

    private TraceMeasurement.Rung Exported(string folder, TraceRung rung, GgufFileType type)
    {
        string file = Path.Combine(folder, $"{Data.EnumNames.Of(type)}.gguf");
        using IModelWeights right = ModelWeights.Open(Adapted);
        GgufExport.Write(right, Base, file, type, Threads ?? Environment.ProcessorCount);
        return InFile(rung, file);
    }

    private TraceMeasurement.Rung InFile(TraceRung rung, string file)
    {
        ModelSource.Gguf source = new(file);
        return new TraceMeasurement.Rung(
            rung,
            new ModelSpec(source, Device: "cpu", Threads: Threads),
            GgufTexts.TokenizerOf(source)
        );
    }
}
