using System.Text.RegularExpressions;
using Fulcrum.Torch.Interop;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Adapters;

/// <summary>The tensors of an adapter file under one spelling of their names. Each tensor is taken once, so
/// that a tensor that belongs to no module is found.</summary>
internal sealed partial class AdapterTensors
{
    private readonly string folder;
    private readonly SafetensorsFile file;
    private readonly Device device;
    private readonly Dictionary<string, string> left = new(StringComparer.Ordinal);

    /// <param name="folder">Named in errors.</param>
    /// <param name="device">Where the tensors are wanted.</param>
    /// <exception cref="InputException">A tensor occurs under two spellings of its name.</exception>
    public AdapterTensors(string folder, SafetensorsFile file, Device device)
    {
        (this.folder, this.file, this.device) = (folder, file, device);
        foreach (string key in file.Tensors.Keys)
        {
            if (!left.TryAdd(Canonical(key), key))
            {
                throw new InputException($"{folder}: the adapter holds the tensor '{key}' twice, under two names");
            }
        }
    }

    /// <summary>Names of the tensors that were not taken yet.</summary>
    public IEnumerable<string> Left => left.Keys;

    /// <summary>Returns whether a tensor exists and was not taken yet.</summary>
    public bool Has(string name) => left.ContainsKey(name);

    /// <summary>Takes a tensor, in float32.</summary>
    /// <exception cref="InputException">It is missing, its shape differs, or it holds NaN or an infinite value; names
    /// it.</exception>
    public Tensor Take(string name, params long[] shape)
    {
        if (!left.Remove(name, out string? key))
        {
            throw new InputException(
                $"{folder}: the adapter lacks the tensor '{name}' that its configuration asks for"
            );
        }

        long[] found = file.Tensors[key].Shape;
        return found.SequenceEqual(shape)
            ? file.ReadFinite(key, ScalarType.Float32).to(device)
            : throw new InputException(
                $"{folder}: tensor '{key}' has shape [{string.Join(", ", found)}], but this model needs "
                    + $"[{string.Join(", ", shape)}]"
            );
    }

    /// <summary>Throws if a tensor was not used.</summary>
    /// <exception cref="InputException">A tensor is left; names the first.</exception>
    public void RefuseRest()
    {
        if (left.Count > 0)
        {
            throw new InputException(
                $"{folder}: the adapter's tensor '{left.Values.Order(StringComparer.Ordinal).First()}' belongs to no "
                    + "target module of this model"
            );
        }
    }

    // PEFT's spellings differ by version: with or without the prefix, with or without the adapter's own name, and with
    // the wrapper around a module that is trained fully.
    private static string Canonical(string key)
    {
        const string prefix = "base_model.model.";
        string name = key.StartsWith(prefix, StringComparison.Ordinal) ? key[prefix.Length..] : key;
        name = AdapterName().Replace(name, "$1$2");
        name = name.Replace(".modules_to_save.default.", ".", StringComparison.Ordinal)
            .Replace(".modules_to_save.", ".", StringComparison.Ordinal)
            .Replace(".token_adapter.", ".", StringComparison.Ordinal);
        return WithoutWeight().Replace(name, "$1");
    }

    [GeneratedRegex(
        @"(\.lora_A|\.lora_B|\.lora_embedding_A|\.lora_embedding_B|\.lora_magnitude_vector"
            + @"|\.trainable_tokens_delta)\.default(\.weight|$)",
        RegexOptions.NonBacktracking
    )]
    private static partial Regex AdapterName();

    [GeneratedRegex(@"(\.lora_magnitude_vector|\.lora_embedding_A|\.lora_embedding_B)\.weight$")]
    private static partial Regex WithoutWeight();
}
