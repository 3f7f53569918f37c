using System.Text;
using Fulcrum.Files;

namespace Fulcrum.Llama.Gguf;

/// <summary>Writes a GGUF file of version 3: metadata, tensor infos, then the tensors' data one at a time.</summary>
internal static class GgufWriter
{
    private const int Alignment = 32;

    /// <summary>A tensor to write.</summary>
    /// <param name="Sizes">Elements per dimension. The contiguous dimension is first.</param>
    /// <param name="Data">Writes exactly the number of bytes of shape and type.</param>
    public sealed record Tensor(string Name, long[] Sizes, GgufType Type, Action<Stream> Data)
    {
        /// <summary>Size of the tensor's data.</summary>
        public long Bytes
        {
            get
            {
                (int elements, int bytes) = GgufTypes.Block(Type)!.Value;
                return Sizes.Aggregate(1L, (n, size) => n * size) / elements * bytes;
            }
        }
    }

    /// <summary>Writes to a temporary file next to the target, flushes it and renames it.</summary>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    public static void Write(
        string path,
        IReadOnlyList<(string Key, GgufValue Value)> metadata,
        IReadOnlyList<Tensor> tensors
    ) =>
        AtomicFile.Write(
            path,
            stream =>
            {
                using BinaryWriter writer = new(stream, Encoding.UTF8, leaveOpen: true);
                Header(writer, metadata, tensors);
                Pad(writer);
                foreach (Tensor tensor in tensors)
                {
                    writer.Flush();
                    long start = stream.Position;
                    tensor.Data(stream);
                    if (stream.Position - start != tensor.Bytes)
                    {
                        throw new InvalidOperationException(
                            $"{tensor.Name}: {stream.Position - start} bytes were written, not {tensor.Bytes}"
                        );
                    }

                    Pad(writer);
                }
            }
        );

    private static void Header(
        BinaryWriter writer,
        IReadOnlyList<(string Key, GgufValue Value)> metadata,
        IReadOnlyList<Tensor> tensors
    )
    {
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)metadata.Count);
        foreach ((string key, GgufValue value) in metadata)
        {
            Text(writer, key);
            Value(writer, value);
        }

        long offset = 0;
        foreach (Tensor tensor in tensors)
        {
            Text(writer, tensor.Name);
            writer.Write((uint)tensor.Sizes.Length);
            Array.ForEach(tensor.Sizes, size => writer.Write((ulong)size));
            writer.Write((uint)tensor.Type);
            writer.Write((ulong)offset);
            offset = (offset + tensor.Bytes + Alignment - 1) / Alignment * Alignment;
        }
    }

    private static void Value(BinaryWriter writer, GgufValue value)
    {
        if (value.Content is not Array list)
        {
            writer.Write((uint)value.Kind);
            Scalar(writer, value.Content);
            return;
        }

        writer.Write((uint)GgufKind.Array);
        writer.Write((uint)value.Kind);
        writer.Write((ulong)list.Length);
        foreach (object item in list)
        {
            Scalar(writer, item);
        }
    }

    private static void Scalar(BinaryWriter writer, object content)
    {
        switch (content)
        {
            case string text:
                Text(writer, text);
                break;
            case bool flag:
                writer.Write(flag);
                break;
            case float number:
                writer.Write(number);
                break;
            case uint count:
                writer.Write(count);
                break;
            case int whole:
                writer.Write(whole);
                break;
            default:
                throw new NotSupportedException($"a {content.GetType().Name} is not written");
        }
    }

    private static void Text(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static void Pad(BinaryWriter writer)
    {
        writer.Flush();
        int extra = (int)(-writer.BaseStream.Position & (Alignment - 1));
        writer.Write(new byte[extra]);
        writer.Flush();
    }
}
