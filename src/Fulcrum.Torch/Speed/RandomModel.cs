using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Fulcrum.Files;
using Fulcrum.Statistics;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;

namespace Fulcrum.Torch.Speed;

/// <summary>A model folder with random bfloat16 weights, as large as a real one, for measuring how models load. It is
/// written in parts, so it is never completely in memory.</summary>
internal static class RandomModel
{
    private const int Repeated = 1 << 20;

    /// <summary>Writes <c>config.json</c> and <c>model.safetensors</c>; norms are 1, biases 0, all else is drawn with
    /// standard deviation 0.02 and repeats after a million values.</summary>
    public static void Write(string folder, string config)
    {
        AtomicFile.WriteText(Path.Combine(folder, "config.json"), BoundedFile.ReadText(config));
        (string Name, long[] Shape)[] tensors = [.. ModelLoader.Tensors(ModelConfig.LoadFile(config))];
        byte[] header = Header(tensors),
            length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        ushort[] drawn = Normal(),
            one = [.. Enumerable.Repeat((ushort)0x3f80, 1 << 16)],
            zero = new ushort[1 << 16];
        AtomicFile.Write(
            Path.Combine(folder, "model.safetensors"),
            stream =>
            {
                stream.Write(length);
                stream.Write(header);
                foreach ((string name, long[] shape) in tensors)
                {
                    Repeat(
                        stream,
                        shape.Length > 1 ? drawn
                            : name.EndsWith("bias", StringComparison.Ordinal) ? zero
                            : one,
                        Count(shape)
                    );
                }
            }
        );
    }

    private static long Count(long[] shape) => shape.Aggregate(1L, (a, b) => a * b);

    private static byte[] Header((string Name, long[] Shape)[] tensors)
    {
        JsonObject header = [];
        long at = 0;
        foreach ((string name, long[] shape) in tensors)
        {
            long end = at + 2 * Count(shape);
            header[name] = new JsonObject
            {
                ["dtype"] = "BF16",
                ["shape"] = new JsonArray([.. shape.Select(s => (JsonNode)s)]),
                ["data_offsets"] = new JsonArray(at, end),
            };
            at = end;
        }

        return System.Text.Encoding.UTF8.GetBytes(header.ToJsonString());
    }

    // Box and Muller, rounded to bfloat16 by cutting off.
    private static ushort[] Normal()
    {
        RandomStream random = RandomSources.ModelFolder();
        return
        [
            .. Enumerable
                .Range(0, Repeated)
                .Select(_ =>
                    (ushort)(
                        BitConverter.SingleToUInt32Bits(
                            (float)(
                                0.02
                                * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()))
                                * Math.Cos(2 * Math.PI * random.NextDouble())
                            )
                        ) >> 16
                    )
                ),
        ];
    }

    private static void Repeat(Stream stream, ushort[] values, long count)
    {
        for (long at = 0; at < count; at += values.Length)
        {
            stream.Write(MemoryMarshal.AsBytes(values.AsSpan(0, (int)Math.Min(values.Length, count - at))));
        }
    }
}
