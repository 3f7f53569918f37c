using System.Collections.Concurrent;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Tasks;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;
using Fulcrum.Torch.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch;

/// <summary>Models and adapters by TorchSharp.</summary>
/// <param name="warn">Called with warnings about a model or an adapter; null for none.</param>
/// <param name="note">Called with what <c>auto</c> resolved to, and why; null for none.</param>
/// <param name="plain">Use padded batches without shared prefixes instead of the prefix tree: many times slower, the
/// reference implementation.</param>
public sealed class TorchEngine(Action<string>? warn = null, Action<string>? note = null, bool plain = false)
    : IEngine,
        ITrainer
{
    private readonly ConcurrentDictionary<string, bool> told = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Environment
    {
        get
        {
            SortedDictionary<string, string> all = new(StringComparer.Ordinal)
            {
                ["fulcrum"] = typeof(TorchEngine).Assembly.GetName().Version?.ToString(3) ?? "",
                [".net"] = System.Environment.Version.ToString(),
                ["torchsharp"] = typeof(torch).Assembly.GetName().Version?.ToString(3) ?? "",
                ["sqlite"] = Sqlite.Version,
                ["system"] = System.Runtime.InteropServices.RuntimeInformation.OSDescription,
                ["processor"] = Processor,
                ["cores"] = $"{System.Environment.ProcessorCount}",
                ["threads"] = $"{NumberOfThreads()}",
            };
            if (plain)
            {
                all[IEngine.Batches] = "padded, nothing shared";
            }

            return all;
        }
    }

    /// <summary>The number of GPUs that libtorch can use.</summary>
    internal static int Devices
    {
        get
        {
            Libtorch.Load(null);
            return cuda.is_available() ? cuda.device_count() : 0;
        }
    }

    /// <inheritdoc/>
    public bool Opens(ModelSource source) => source is ModelSource.Folder;

    /// <inheritdoc/>
    public ModelSpec Resolve(ModelSpec model)
    {
        Libtorch.Load(model.Threads);
        bool int8 = model.Dtype == Dtype.Int8;
        string device = model.Device == "auto" ? (!int8 && cuda.is_available() ? "cuda" : "cpu") : model.Device;
        if (int8 && (device != "cpu" || model.Quantization != Quantization.None))
        {
            throw new InputException(
                device != "cpu"
                    ? $"dtype int8 is computed on a CPU only, and the device is {device}; use cpu or another dtype"
                    : $"dtype int8 and quantization {EnumNames.Of(model.Quantization)} both say how the weights are "
                        + "stored; use one of them"
            );
        }

        if (int8 && !Int8Rows.IsSupported)
        {
            Warn("dtype int8: this processor has no AVX2, so its matmuls are computed by scalar loops, which are slow");
        }

        return model with
        {
            Dtype = model.Dtype == Dtype.Auto ? Measured(device) : model.Dtype,
            Device = device,
            Threads = model.Threads ?? System.Environment.ProcessorCount,
        };
    }

    /// <inheritdoc/>
    public string DigestOf(ModelSpec model) => ModelFolder.Digest(model.Folder);

    /// <inheritdoc/>
    public PromptEncoding LoadEncoding(ModelSpec model) => PromptEncoding.Load(model.Folder);

    private Dtype Measured(string device)
    {
        DtypeChoice choice = DtypeChoice.On(Hardware.DeviceOf(device));
        note?.Invoke($"dtype auto: {EnumNames.Of(choice.Dtype)}, because {choice.Why}");
        return choice.Dtype;
    }

    /// <inheritdoc/>
    public void Check(ModelSpec model)
    {
        Libtorch.Load(model.Threads);
        ModelConfig config = ModelConfig.Load(model.Folder);
        using Checkpoint checkpoint = Checkpoint.Open(model.Folder);
        ModelLoader.Check(config, checkpoint, model.Folder);
        if (model.Adapter is { } adapter)
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable frozen = no_grad();
            ModuleShapes shapes = ModelLoader.Shapes(config, checkpoint);
            AdapterContents contents = AdapterReader.Read(adapter.Folder, shapes, model.Folder, Warn);
            contents.Updates.ToList().ForEach(u => u.Update.Dispose());
        }
    }

    string? IEngine.AdapterDoubt(ModelSpec model) =>
        model.Adapter is { } adapter ? AdapterReader.DoubtOf(adapter.Folder, model.Folder) : null;

    int? IEngine.ContextLengthOf(ModelSpec model) => ModelConfig.Load(model.Folder).ContextLength;

    // A model is opened several times in a run.
    private void Warn(string warning)
    {
        if (told.TryAdd(warning, true))
        {
            warn?.Invoke(warning);
        }
    }

    /// <inheritdoc/>
    public ILanguageModel Open(ModelSpec model)
    {
        if (!model.FollowLinks)
        {
            InnerPath.RefuseLinks(model.Folder);
        }

        ServingForm form = model.Adapter?.Form ?? ServingForm.Attached;
        bool unquantized = form is ServingForm.UnquantizedAttached or ServingForm.UnquantizedMerged;
        LanguageModel loaded = LoadModel(
            unquantized ? model with { Quantization = Quantization.None }
            : form == ServingForm.Int8Attached ? model with { Quantization = Quantization.None, Dtype = Dtype.Int8 }
            : model
        );
        if (form is ServingForm.Merged or ServingForm.UnquantizedMerged)
        {
            loaded.Merge();
        }

        return new TorchLanguageModel(loaded, plain);
    }

    /// <inheritdoc/>
    public void Train(
        ModelSpec model,
        TrainPlan plan,
        IReadOnlyList<TrainingExample> examples,
        string outputFolder,
        Action<TrainingStep>? progress = null,
        CancellationToken cancellation = default
    ) => Train(model, plan, examples, outputFolder, initialAdapter: null, givenOrder: false, progress, cancellation);

    /// <summary>The same, from an adapter that exists already, or in the order of the data.</summary>
    public void Train(
        ModelSpec model,
        TrainPlan plan,
        IReadOnlyList<TrainingExample> examples,
        string outputFolder,
        string? initialAdapter,
        bool givenOrder,
        Action<TrainingStep>? progress,
        CancellationToken cancellation
    )
    {
        if (model.Dtype == Dtype.Int8)
        {
            throw new InputException("dtype int8 is for measuring only; train in f32, bf16 or on an nf4 base");
        }

        ModelSpec resolved = ComputeForm.Begun(model, outputFolder, Resolve);
        using LanguageModel loaded = LoadModel(resolved with { Adapter = null });
        string name = ModelFolder.NameOf(model.Folder);
        LoraTrainer.Train(
            loaded,
            name,
            plan,
            examples,
            outputFolder,
            new LoraTrainer.Setup(initialAdapter, givenOrder, plain, FormOf(resolved), DigestOf(model)),
            progress,
            cancellation
        );
    }

    private string FormOf(ModelSpec resolved) =>
        $"{EnumNames.Of(resolved.Dtype)} {EnumNames.Of(resolved.Quantization)} {resolved.Device.Split(':')[0]}"
        + $"{(plain ? " padded" : "")}";

    /// <summary>Loads a decoder, with its adapter attached.</summary>
    internal LanguageModel LoadModel(ModelSpec plan)
    {
        ModelSpec resolved = Resolve(plan);
        LanguageModel model = Heap.GivingBack(() => LanguageModel.Load(resolved));
        if (model.Projections.FirstOrDefault(p => p.Quantized is Nf4Weight { ByRows: true }) is { } odd)
        {
            Warn(
                $"{odd.Name} has rows of {odd.In} weights, which are not whole blocks of 64: "
                    + $"{EnumNames.Of(plan.Quantization)} reads neighbouring scales there, "
                    + "as bitsandbytes does on a CPU, and loses precision"
            );
        }

        try
        {
            if (plan.Adapter is { } adapter)
            {
                using DisposeScope scope = NewDisposeScope();
                model.Attach(AdapterReader.Read(adapter.Folder, model.Shapes, plan.Folder, Warn), adapter.Lambda);
            }
        }
        catch
        {
            model.Dispose();
            throw;
        }

        return model;
    }

    // A run that is resumed at its report reads this without having loaded a model.
    private static int NumberOfThreads()
    {
        Libtorch.Ensure();
        return get_num_threads();
    }

    private static string Processor { get; } =
        Hardware.Processor("model name")
        ?? System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString();
}
