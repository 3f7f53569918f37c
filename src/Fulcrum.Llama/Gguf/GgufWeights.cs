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
    public float[] Read(string name)
    {
        GgufTensor tensor = tensors.TryGetValue(name, out GgufTensor? found)
            ? found
            : throw model.File.Error($"it has no tensor '{TensorNames.ToGguf(name) ?? name}'");
        byte[] bytes = new byte[tensor.Bytes];
        stream.Position = model.File.DataStart + tensor.Offset;
        stream.ReadExactly(bytes);
        float[] values = Values(tensor, bytes);
        GgufFile file = model.File;
        int? heads =
            file.Architecture == "llama"
                ? TensorNames.HeadsOf(
                    tensor.Name,
                    model.Heads,
                    (int)(file.Count("llama.attention.head_count_kv") ?? (uint)model.Heads)
                )
                : null;
        return heads is { } n
            ? TensorNames.Restored(values, n, tensor.Sizes.Length == 1 ? 1 : (int)tensor.Sizes[0])
            : values;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stream.Dispose();
        worker?.Dispose();
    }

    private float[] Values(GgufTensor tensor, byte[] bytes)
    {
        switch (tensor.Type)
        {
            case GgufType.F32:
                return MemoryMarshal.Cast<byte, float>(bytes).ToArray();
            case GgufType.F16:
                return [.. MemoryMarshal.Cast<byte, Half>(bytes).ToArray().Select(h => (float)h)];
            case GgufType.BF16:
                return
                [
                    .. MemoryMarshal
                        .Cast<byte, ushort>(bytes)
                        .ToArray()
                        .Select(b => BitConverter.UInt32BitsToSingle((uint)b << 16)),
                ];
            default:
                worker ??= LlamaWorkerProcess.Start();
                string name = tensor.Type.ToString();
                string function = name.StartsWith('Q') ? "q" + name[1..] : name.ToLowerInvariant();
                return worker.Dequantize(function, bytes, checked((int)tensor.Elements));
        }
    }
}
