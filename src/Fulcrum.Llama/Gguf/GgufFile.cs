using Fulcrum.Files;

namespace Fulcrum.Llama.Gguf;

/// <summary>The header of a GGUF file: metadata and the positions of its tensors. The structure is checked; the tensor
/// data is not read.</summary>
/// <remarks>Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.</remarks>
internal sealed class GgufFile
{
    private const int DefaultAlignment = 32,
        LargestAlignment = 1 << 16;

    private GgufFile(
        string path,
        IReadOnlyDictionary<string, GgufValue> metadata,
        IReadOnlyDictionary<string, GgufTensor> tensors,
        long dataStart
    )
    {
        (Path, Metadata, Tensors, DataStart) = (path, metadata, tensors, dataStart);
    }

    /// <summary>The file's path.</summary>
    public string Path { get; }

    /// <summary>Every key with its value.</summary>
    public IReadOnlyDictionary<string, GgufValue> Metadata { get; }

    /// <summary>Every tensor by name.</summary>
    public IReadOnlyDictionary<string, GgufTensor> Tensors { get; }

    /// <summary>Where the tensor data begins, in bytes from the start of the file.</summary>
    public long DataStart { get; }

    /// <summary><c>general.architecture</c>.</summary>
    public string Architecture =>
        Text("general.architecture") ?? throw Error("it lacks the key 'general.architecture'");

    /// <summary>Reads the header of a file.</summary>
    /// <exception cref="InputException">The file cannot be read, is not a GGUF file, or is truncated. The message says
    /// what is wrong.</exception>
    public static GgufFile Read(string path)
    {
        try
        {
            using BufferedStream file = new(BoundedFile.Open(path, long.MaxValue), 1 << 16);
            return Read(new GgufReader(file, file.Length, path), path, file.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"cannot read {path}: {e.Message}", e);
        }
    }

    private static GgufFile Read(GgufReader reader, string path, long length)
    {
        (int tensorCount, int keyCount) = reader.Counts();
        Dictionary<string, GgufValue> metadata = new(StringComparer.Ordinal);
        for (int i = 0; i < keyCount; i++)
        {
            (string key, GgufValue value) = reader.Entry();
            if (!metadata.TryAdd(key, value))
            {
                throw reader.Error($"the key '{key}' occurs twice");
            }
        }

        List<GgufTensor> tensors = [];
        for (int i = 0; i < tensorCount; i++)
        {
            tensors.Add(reader.Tensor());
        }

        GgufFile header = new(path, metadata, new Dictionary<string, GgufTensor>(), 0);
        int alignment = header.Alignment();
        long start = Aligned(reader.Position, alignment);
        return new GgufFile(path, metadata, header.Placed(tensors, alignment, length - start), start);
    }

    /// <summary>Returns the value of a count; null if the key is absent.</summary>
    /// <exception cref="InputException">The key has another type than u32.</exception>
    public uint? Count(string key) => Value<uint>(key, GgufKind.U32);

    /// <summary>Returns the value of a float32; null if the key is absent.</summary>
    /// <exception cref="InputException">The key has another type than f32.</exception>
    public float? Number(string key) => Value<float>(key, GgufKind.F32);

    /// <summary>Returns the value of a flag; null if the key is absent.</summary>
    /// <exception cref="InputException">The key has another type than bool.</exception>
    public bool? Flag(string key) => Value<bool>(key, GgufKind.Bool);

    /// <summary>Returns the value of a text; null if the key is absent.</summary>
    /// <exception cref="InputException">The key has another type than string.</exception>
    public string? Text(string key) => Find<string>(key, GgufKind.String);

    /// <summary>Returns an array of texts, int32 or float32; null if the key is absent.</summary>
    /// <exception cref="InputException">The key has another type.</exception>
    public T[]? List<T>(string key) =>
        Find<T[]>(
            key,
            typeof(T) == typeof(string) ? GgufKind.String
                : typeof(T) == typeof(int) ? GgufKind.I32
                : GgufKind.F32
        );

    /// <summary>Returns an error about this file.</summary>
    public InputException Error(string what) => new($"{Path}: {what}");

    private T? Value<T>(string key, GgufKind kind)
        where T : struct => Metadata.ContainsKey(key) ? (T)Find<object>(key, kind)! : null;

    private T? Find<T>(string key, GgufKind kind)
        where T : class
    {
        if (!Metadata.TryGetValue(key, out GgufValue? value))
        {
            return null;
        }

        bool list = typeof(T).IsArray;
        return value.Kind == kind && value.IsArray == list && value.Content is T content
            ? content
            : throw Error(
                $"the key '{key}' has the type {value.KindName}, "
                    + $"not {(list ? "array of " : "")}{kind.ToString().ToLowerInvariant()}"
            );
    }

    private int Alignment()
    {
        uint alignment = Count("general.alignment") ?? DefaultAlignment;
        return alignment is >= 8 and <= LargestAlignment && uint.IsPow2(alignment)
            ? (int)alignment
            : throw Error($"general.alignment is {alignment}; a power of two from 8 to {LargestAlignment} is possible");
    }

    // The data is contiguous: each tensor begins at the first aligned byte after the previous tensor.
    private Dictionary<string, GgufTensor> Placed(List<GgufTensor> tensors, int alignment, long dataBytes)
    {
        Dictionary<string, GgufTensor> byName = new(StringComparer.Ordinal);
        long next = 0;
        foreach (GgufTensor tensor in tensors)
        {
            if (tensor.Offset != next)
            {
                throw Error(
                    $"the tensor '{tensor.Name}' begins at byte {tensor.Offset} of the data, not at {next}, "
                        + "where the previous tensor ends"
                );
            }

            if (tensor.Offset + tensor.Bytes > dataBytes)
            {
                throw Error(
                    $"the tensor '{tensor.Name}' ends after the end of the file; the file is truncated or damaged"
                );
            }

            if (!byName.TryAdd(tensor.Name, tensor))
            {
                throw Error($"the tensor '{tensor.Name}' occurs twice");
            }

            next = Aligned(tensor.Offset + tensor.Bytes, alignment);
        }

        return byName;
    }

    private static long Aligned(long position, int alignment) => (position + alignment - 1) / alignment * alignment;
}
