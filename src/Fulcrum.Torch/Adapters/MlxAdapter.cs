using Fulcrum.Files;
using Fulcrum.Torch.Interop;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Adapters;

/// <summary>Adapter folders of mlx-lm: the same update as PEFT's with transposed factors and an explicit scaling.
///</summary>
internal static class MlxAdapter
{
    private const string Weights = "adapters.safetensors";

    // mlx-lm's default where the configuration names none.
    private const double DefaultScaling = 20,
        LargestScaling = 1e6;

    /// <summary>Whether the configuration is mlx-lm's: it names a <c>fine_tune_type</c>, or LoRA parameters, and no
    /// <c>peft_type</c>.</summary>
    public static bool IsOne(Settings settings) =>
        !settings.Has("peft_type") && (settings.Has("fine_tune_type") || settings.Has("lora_parameters"));

    /// <summary>Reads an adapter; its tensors say which modules it changes.</summary>
    /// <exception cref="InputException">It is no LoRA, or does not fit the model.</exception>
    public static AdapterContents Read(string folder, Settings settings, ModuleShapes shapes, bool train)
    {
        settings.Only("fine_tune_type", "lora", "dora");
        if (train)
        {
            throw settings.Error("an mlx-lm adapter cannot be trained further; convert it to PEFT's format first");
        }

        Settings parameters = settings.Inner("lora_parameters") ?? settings;
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, Weights));
        AdapterTensors tensors = new(folder, file, shapes.Device);
        List<(string, Adapter)> updates = [];
        foreach (ModuleShape module in shapes.Linear.Where(m => tensors.Has(m.Name + ".lora_a")))
        {
            updates.Add(
                (
                    module.Name,
                    Update(
                        module,
                        file,
                        tensors,
                        parameters.Number("scale", -LargestScaling, LargestScaling, DefaultScaling)
                    )
                )
            );
        }

        tensors.RefuseRest();
        return updates.Count > 0
            ? new AdapterContents(updates, new Dictionary<string, Tensor>(), new Dictionary<string, Tensor>(), [])
            : throw new InputException($"{folder}: the adapter holds no update of this model");
    }

    private static Adapter Update(ModuleShape module, SafetensorsFile file, AdapterTensors tensors, double scaling)
    {
        string a = module.Name + ".lora_a",
            m = module.Name + ".m";
        long rank = file.Tensors[a].Shape is [_, var size] ? size : 0;
        return new Adapter(
            tensors.Take(a, module.In, rank).t().contiguous(),
            tensors.Take(module.Name + ".lora_b", rank, module.Out).t().contiguous(),
            scaling,
            magnitude: tensors.Has(m) ? tensors.Take(m, module.Out) : null
        );
    }
}
