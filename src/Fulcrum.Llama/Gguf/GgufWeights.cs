using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Fulcrum.Files;
using Fulcrum.Llama.Worker;
using Fulcrum.Models;

namespace Fulcrum.Llama.Gguf;

/// <summary>Reads the weights of a GGUF file by the names of a Hugging Face checkpoint, in float32 and in the
/// checkpoint's order of rows.</summary>
internal sealed class GgufWeights : IModelWeights
{
    private readonly GgufModel model;
    private readonly Dictionary<string, GgufTensor> tensors = [];
    private readonly Stream stream;
    private LlamaWorkerProcess? worker;

    private GgufWeights(GgufModel model)
    {
        this.model = model;
        foreach (GgufTensor tensor in model.File.Tensors.Values)
        {
            if (TensorNames.ToCheckpoint(tensor.Name) is { } name)
            {
                tensors[name] = tensor;
            }
        }

        Shapes = tensors.ToDictionary(t => t.Key, t => t.Value.Sizes.Reverse().ToArray());
        stream = BoundedFile.Open(model.File.Path, long.MaxValue);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, long[]> Shapes { get; }

    /// <inheritdoc/>
    public string StoredDtype => "float32";

    /// <summary>Opens the file.</summary>
    /// <exception cref="InputException">It is not a valid file of a qwen2, qwen3 or llama model.</exception>
    public static GgufWeights Open(string path)
    {
        GgufModel model = GgufModel.Read(path);
        return model.File.Architecture is "qwen2" or "qwen3" or "llama"
            ? new GgufWeights(model)
            : throw model.File.Error($"the tensors of a {model.File.Architecture} model are not known here");
    }

    /// <inheritdoc/>
    /// <exception cref="InputException">There is no such tensor, or it holds NaN or an infinite value.</exception>
    public float[] Read(string name)
    {
        GgufTensor tensor = tensors.TryGetValue(name, out GgufTensor? found)
            ? found
            : throw model.File.Error($"it has no tensor '{TensorNames.ToGguf(name) ?? name}'");
        stream.Position = model.File.DataStart + tensor.Offset;
        float[] values = Values(tensor);
        GgufFile file = model.File;
        int? heads =
            file.Architecture == "llama"
                ? TensorNames.HeadsOf(
                    tensor.Name,
                    model.Heads,
                    (int)(file.Count("llama.attention.head_count_kv") ?? (uint)model.Heads)
                )
                : null;
        RequireFinite(tensor, values);
        return heads is { } n
            ? TensorNames.Restored(values, n, tensor.Sizes.Length == 1 ? 1 : (int)tensor.Sizes[0])
            : values;
    }

    // No distance from NaN is larger than a tolerance, so a damaged file would pass for the right one.
    private void RequireFinite(GgufTensor tensor, ReadOnlySpan<float> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
            {
                throw model.File.Error($"the tensor '{tensor.Name}' holds NaN or an infinite value, its value {i + 1}");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stream.Dispose();
        worker?.Dispose();
    }

    private float[] Values(GgufTensor tensor) =>
        tensor.Type switch
        {
            GgufType.F32 => Values<float>(tensor, (stored, values) => stored.CopyTo(values)),
            GgufType.F16 => Values<Half>(tensor, (stored, values) => TensorPrimitives.ConvertToSingle(stored, values)),
            GgufType.BF16 => Values<ushort>(tensor, Widen),
            _ => Dequantised(tensor),
        };

    // In parts, because a table of a large model has more bytes than an array can hold.
    private float[] Values<T>(GgufTensor tensor, Conversion<T> convert)
        where T : unmanaged
    {
        const int Part = 1 << 16;
        float[] values = new float[Count(tensor)];
        T[] stored = new T[Math.Min(Part, values.Length)];
        for (long at = 0; at < values.Length; at += Part)
        {
            Span<float> into = values.AsSpan((int)at, (int)Math.Min(Part, values.Length - at));
            Span<T> part = stored.AsSpan(0, into.Length);
            stream.ReadExactly(MemoryMarshal.AsBytes(part));
            convert(part, into);
        }

        return values;
    }

    private delegate void Conversion<T>(ReadOnlySpan<T> stored, Span<float> values);

    private static void Widen(ReadOnlySpan<ushort> stored, Span<float> values)
    {
        for (int i = 0; i < stored.Length; i++)
        {
            values[i] = BitConverter.UInt32BitsToSingle((uint)stored[i] << 16);
        }
    }

    private float[] Dequantised(GgufTensor tensor)
    {
        byte[] bytes = new byte[tensor.Bytes <= Array.MaxLength ? tensor.Bytes : throw TooLarge(tensor)];
        stream.ReadExactly(bytes);
        worker ??= LlamaWorkerProcess.Start();
        string name = tensor.Type.ToString();
        string function = name.StartsWith('Q') ? "q" + name[1..] : name.ToLowerInvariant();
        return worker.Dequantize(function, bytes, Count(tensor));
    }

    private int Count(GgufTensor tensor) =>
        tensor.Elements <= Array.MaxLength ? (int)tensor.Elements : throw TooLarge(tensor);

    private InputException TooLarge(GgufTensor tensor) =>
        model.File.Error($"the tensor '{tensor.Name}' has {tensor.Elements} elements, more than can be read here");
}
