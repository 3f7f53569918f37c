using System.Text.Json;
using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Models;

/// <summary>The weights of a model folder: <c>model.safetensors</c>, or the shards that
/// <c>model.safetensors.index.json</c> names.</summary>
internal sealed class Checkpoint : IWeightSource, IDisposable
{
    private readonly List<SafetensorsFile> files;
    private readonly Dictionary<string, (SafetensorsFile File, string Stored)> places;

    private Checkpoint(string folder, List<SafetensorsFile> files, Dictionary<string, SafetensorsFile> places)
    {
        Folder = folder;
        this.files = files;
        string prefix = LacksPrefix(places.Keys) ? Prefix : "";
        this.places = places.ToDictionary(
            p => p.Key.StartsWith(ModuleShapes.Head + ".", StringComparison.Ordinal) ? p.Key : prefix + p.Key,
            p => (p.Value, p.Key),
            StringComparer.Ordinal
        );
    }

    // A model that was saved without its head has names without the prefix; transformers loads it all the same.
    private static bool LacksPrefix(IReadOnlyCollection<string> names) =>
        names.Contains("embed_tokens.weight") && !names.Any(n => n.StartsWith(Prefix, StringComparison.Ordinal));

    private const string Prefix = "model.";

    /// <summary>The model folder.</summary>
    public string Folder { get; }

    /// <summary>Every tensor's name.</summary>
    public IEnumerable<string> Names => places.Keys;

    /// <summary>Opens the weights of a folder.</summary>
    /// <exception cref="InputException">No weights are there, a shard is missing or damaged, or a name would leave the
    /// folder.</exception>
    public static Checkpoint Open(string folder)
    {
        string single = Path.Combine(folder, "model.safetensors"),
            index = single + ".index.json";
        if (!File.Exists(single) && !File.Exists(index))
        {
            string? pickle = Directory.Exists(folder)
                ? Directory
                    .EnumerateFiles(folder, "*.bin")
                    .Concat(Directory.EnumerateFiles(folder, "*.pt"))
                    .Concat(Directory.EnumerateFiles(folder, "*.pth"))
                    .Select(p => Path.GetFileName(p))
                    .Order(StringComparer.Ordinal)
                    .FirstOrDefault()
                : null;
            throw new InputException(
                pickle is null
                    ? $"no weights in {folder}: it holds neither model.safetensors nor model.safetensors.index.json"
                    : $"{folder} holds its weights as {pickle}, a format that can run code when it is read, "
                        + "so it is never read; save the model as safetensors (save_pretrained does)"
            );
        }

        return File.Exists(single) ? OpenSingle(folder, single) : OpenShards(folder, index);
    }

    /// <summary>Returns the place of a tensor; null if there is none of that name.</summary>
    public TensorEntry? Find(string name) =>
        places.TryGetValue(name, out (SafetensorsFile File, string Stored) place)
            ? place.File.Tensors[place.Stored]
            : null;

    /// <summary>A copy of a tensor.</summary>
    /// <exception cref="InputException">It is missing, has another shape than <paramref name="shape"/>, or holds NaN or
    /// an infinite value; names it.</exception>
    public Tensor Read(string name, long[] shape, ScalarType? dtype = null)
    {
        Require(name, shape);
        return places[name].File.ReadFinite(places[name].Stored, dtype);
    }

    /// <inheritdoc/>
    Tensor IWeightSource.Read(string name, long[] shape, ScalarType dtype) => Read(name, shape, dtype);

    /// <inheritdoc/>
    /// <exception cref="InputException">As for <see cref="Read"/>.</exception>
    public void ReadColumns(string name, long[] shape, Tensor to, long at)
    {
        ScalarType stored = Require(name, shape).Dtype;
        if (ColumnCopy.Supports(stored, to.dtype))
        {
            (SafetensorsFile file, string there) = places[name];
            file.Visit(
                there,
                start => file.RequireFinite(there, ColumnCopy.Run(start, stored, shape[0], shape[1], to, at))
            );
            return;
        }

        using Tensor converted = Read(name, shape, to.dtype);
        ColumnCopy.Run(NativeTensor.DataPointer(converted), to.dtype, shape[0], shape[1], to, at);
    }

    private TensorEntry Require(string name, long[] shape)
    {
        TensorEntry entry = Find(name) ?? throw new InputException($"{Folder}: the weights lack the tensor '{name}'");
        return entry.Shape.SequenceEqual(shape)
            ? entry
            : throw new InputException(
                $"{Folder}: the tensor '{name}' has the shape [{string.Join(", ", entry.Shape)}], "
                    + $"but config.json asks for [{string.Join(", ", shape)}]"
            );
    }

    /// <inheritdoc/>
    public void Dispose() => files.ForEach(f => f.Dispose());

    private static Checkpoint OpenSingle(string folder, string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        return new Checkpoint(
            folder,
            [file],
            file.Tensors.Keys.ToDictionary(n => n, _ => file, StringComparer.Ordinal)
        );
    }

    private static Checkpoint OpenShards(string folder, string index)
    {
        Dictionary<string, SafetensorsFile> shards = new(StringComparer.Ordinal),
            places = new(StringComparer.Ordinal);
        foreach ((string tensor, string shard) in WeightMap(index))
        {
            if (!shards.TryGetValue(shard, out SafetensorsFile? file))
            {
                file = SafetensorsFile.Open(Path.Combine(folder, shard));
                shards.Add(shard, file);
            }

            places[tensor] = file.Tensors.ContainsKey(tensor)
                ? file
                : throw new InputException($"{index}: '{tensor}' is not in {shard}");
        }

        return new Checkpoint(folder, [.. shards.Values], places);
    }

    private static IEnumerable<(string Tensor, string Shard)> WeightMap(string index)
    {
        try
        {
            JsonObject? map = (StrictJson.ReadFile(index, depth: 16) as JsonObject)?["weight_map"] as JsonObject;
            (string Tensor, string Shard)[] all =
            [
                .. (map ?? throw new InputException($"{index}: there is no weight_map")).Select(p =>
                    (p.Key, p.Value?.GetValue<string>() ?? throw new JsonException($"'{p.Key}' has no shard"))
                ),
            ];
            string? outside = all.Select(p => p.Shard)
                .FirstOrDefault(s => s != Path.GetFileName(s) || s is "" or "." or "..");
            return outside is null
                ? all
                : throw new InputException($"{index}: the shard '{outside}' lies outside the model folder");
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{index}: not a valid index: {e.Message}", e);
        }
    }
}
