using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Models;
using Fulcrum.Torch.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Adapters;

/// <summary>Reads the LoRA adapter folders of PEFT and of mlx-lm: the complete adapter, or an error that names the part
/// that does not fit.</summary>
internal static class AdapterReader
{
    private const string ConfigFile = "adapter_config.json",
        Weights = "adapter_model.safetensors";

    /// <summary>Reads <c>adapter_config.json</c> of PEFT.</summary>
    /// <param name="warn">Called with settings of later versions that are not used; null: they are refused.</param>
    /// <exception cref="InputException">The file is missing, malformed, or names a part that is not supported.
    /// </exception>
    public static LoraConfig Config(string folder, Action<string>? warn = null) =>
        LoraConfigFile.Parse(SettingsOf(folder), warn);

    /// <summary>Reads an adapter for a model.</summary>
    /// <param name="folder">The adapter folder.</param>
    /// <param name="shapes">The model's modules.</param>
    /// <param name="baseFolder">The model's folder: an adapter that was trained for another one is a warning; null for
    /// none.</param>
    /// <param name="warn">Called with warnings; null for none.</param>
    /// <param name="train">The adapter is to be trained further: its tensors get gradients and its dropout.</param>
    /// <returns>Tensors in the current dispose scope.</returns>
    /// <exception cref="InputException">A module or a shape does not fit the model; names it.</exception>
    public static AdapterContents Read(
        string folder,
        ModuleShapes shapes,
        string? baseFolder = null,
        Action<string>? warn = null,
        bool train = false
    )
    {
        Settings settings = SettingsOf(folder);
        if (MlxAdapter.IsOne(settings))
        {
            return MlxAdapter.Read(folder, settings, shapes, train);
        }

        LoraConfig config = LoraConfigFile.Parse(settings, warn);
        RefusePickle(folder);
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, Weights));
        AdapterContents contents = new PeftAdapter(
            folder,
            config,
            new AdapterTensors(folder, file, shapes.Device),
            shapes,
            train
        ).Read(warn);
        if (DoubtOf(config, baseFolder) is { } doubt)
        {
            warn?.Invoke($"the adapter in {folder} {doubt}");
        }

        return contents;
    }

    /// <summary>Says that an adapter was trained for a base of another name, as the end of a sentence about the
    /// adapter; null: it was not, or it does not say.</summary>
    /// <exception cref="InputException">The configuration is missing or malformed.</exception>
    public static string? DoubtOf(string folder, string baseFolder)
    {
        Settings settings = SettingsOf(folder);
        return MlxAdapter.IsOne(settings) ? null : DoubtOf(LoraConfigFile.Parse(settings, _ => { }), baseFolder);
    }

    private static string? DoubtOf(LoraConfig config, string? baseFolder) =>
        config.Base is { Length: > 0 } trainedFor && baseFolder is not null && !IsSame(trainedFor, baseFolder)
            ? $"was trained for '{Printable.Short(trainedFor)}', and the base here is called "
                + $"'{ModelFolder.NameOf(baseFolder)}'. Its shapes fit this base, but Fulcrum cannot tell "
                + "whether the weights are the same"
            : null;

    private static Settings SettingsOf(string folder)
    {
        string path = Path.Combine(folder, ConfigFile);
        try
        {
            JsonNode? json = StrictJson.ReadFile(path, depth: 32);
            return new Settings(
                json as JsonObject ?? throw new InputException($"{path}: expected a JSON object"),
                path
            );
        }
        catch (InputException e) when (FileEntry.Of(path).Kind == EntryKind.Missing)
        {
            throw new InputException($"no adapter in {folder}: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not valid JSON: {StrictJson.Located(e)}", e);
        }
    }

    // Only names are compared. The adapter is untrusted, so a path that it names is never opened.
    private static bool IsSame(string trainedFor, string baseFolder)
    {
        string name = NameOf(trainedFor);
        return name == NameOf(ModelFolder.NameOf(baseFolder)) || name == NameOf(OriginOf(baseFolder) ?? "");
    }

    private static string NameOf(string model) =>
        Path.GetFileName(Path.TrimEndingDirectorySeparator(model)).ToLowerInvariant();

    private static string? OriginOf(string folder)
    {
        try
        {
            JsonNode? config = StrictJson.ReadFile(Path.Combine(folder, "config.json"));
            return config?["_name_or_path"] is JsonValue value && value.TryGetValue(out string? origin) ? origin : null;
        }
        catch (Exception e) when (e is JsonException or InputException or InvalidOperationException)
        {
            return null; // loading the model says what is wrong with the file
        }
    }

    private static void RefusePickle(string folder)
    {
        if (!File.Exists(Path.Combine(folder, Weights)) && File.Exists(Path.Combine(folder, "adapter_model.bin")))
        {
            throw new InputException(
                $"{folder} holds its weights as adapter_model.bin, a format that can run code when it is "
                    + "read; save the "
                    + "adapter as safetensors (PEFT's default)"
            );
        }
    }
}
