using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Models;
using TorchSharp;

namespace Fulcrum.Torch.Training;

/// <summary>A checkpoint from which an interrupted training is resumed: <c>checkpoint-N/</c> next to the adapter. Its
/// <c>state.json</c> is written last.</summary>
/// <remarks>No random state is kept because none is needed: batches and dropout of a step follow from the seed and
/// the step's number.</remarks>
internal static class TrainingCheckpoint
{
    private static readonly string[] Files =
    [
        "adapter_config.json",
        "adapter_model.safetensors",
        "optimizer.safetensors",
    ];

    /// <summary>Writes the checkpoint of a step.</summary>
    public static void Save(
        string output,
        int step,
        string inputs,
        LanguageModel model,
        LoraConfig config,
        IOptimizer optimizer,
        LossScale scale
    )
    {
        string folder = Path.Combine(output, $"checkpoint-{step}");
        AdapterWriter.Write(folder, model.AdapterParameters, config);
        using DisposeScope scope = torch.NewDisposeScope();
        SafetensorsFile.Write(
            Path.Combine(folder, "optimizer.safetensors"),
            optimizer.State.ToDictionary(s => s.Name, s => s.Value)
        );
        JsonObject files = new(
            Files.Select(f => KeyValuePair.Create(f, (JsonNode?)Sha256.OfFile(Path.Combine(folder, f))))
        );
        AtomicFile.WriteText(
            Path.Combine(folder, "state.json"),
            new JsonObject
            {
                ["step"] = step,
                ["inputs"] = inputs,
                ["loss_scale"] = scale.Value,
                ["clean_steps"] = scale.Clean,
                ["files"] = files,
            }.ToJsonString() + "\n"
        );
    }

    /// <summary>Resumes from the newest checkpoint that is complete and valid and whose steps are in the log. Returns
    /// its step, or 0 if there is none.</summary>
    /// <exception cref="InputException">The checkpoints belong to another training.</exception>
    public static int Resume(string output, string inputs, LanguageModel model, IOptimizer optimizer, LossScale scale)
    {
        if (Newest(output) is not { } step)
        {
            return 0;
        }

        string folder = Path.Combine(output, $"checkpoint-{step}");
        JsonNode? stored = StrictJson.Parse(BoundedFile.ReadText(Path.Combine(folder, "state.json")));
        if ((string?)stored?["inputs"] != inputs)
        {
            throw new InputException(
                $"{output} holds checkpoints of another training (other data, model or settings); "
                    + "choose another --output, or remove them"
            );
        }

        using SafetensorsFile weights = SafetensorsFile.Open(Path.Combine(folder, "adapter_model.safetensors")),
            state = SafetensorsFile.Open(Path.Combine(folder, "optimizer.safetensors"));
        AdapterWriter.ReadInto(model.AdapterParameters, weights);
        optimizer.Restore(step, name => state.Read(name));
        scale.Restore((double?)stored?["loss_scale"] ?? 1, (int?)stored?["clean_steps"] ?? 0);
        return step;
    }

    /// <summary>Returns the newest checkpoint that is complete and valid: the digests of its files match its
    /// state.</summary>
    private static int? Newest(string output)
    {
        if (!Directory.Exists(output))
        {
            return null;
        }

        // A step after the last one of the log was not saved completely.
        int logged = TrainingLog.StepsIn(output);
        return Directory
            .EnumerateDirectories(output, "checkpoint-*")
            .Select(StepOf)
            .Where(step => step > 0 && step <= logged)
            .OrderDescending()
            .FirstOrDefault(step => IsValid(Path.Combine(output, $"checkpoint-{step}")));
    }

    private static int? StepOf(string folder)
    {
        string number = Path.GetFileName(folder)["checkpoint-".Length..];
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int step) ? step : null;
    }

    private static bool IsValid(string folder)
    {
        string state = Path.Combine(folder, "state.json");
        try
        {
            JsonObject? files = File.Exists(state)
                ? StrictJson.Parse(BoundedFile.ReadText(state))?["files"] as JsonObject
                : null;
            return files is not null
                && Files.All(f =>
                    File.Exists(Path.Combine(folder, f)) && (string?)files[f] == Sha256.OfFile(Path.Combine(folder, f))
                );
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
