using System.Runtime.InteropServices;
using Fulcrum.Torch.Interop;
using Fulcrum.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Fulcrum.Torch.Training;

/// <summary>
/// AdamW whose moments are kept in 8 bits (arXiv:2110.02861): in blocks of 256, each scaled by its largest magnitude,
/// in the dynamic type. Parameters with fewer than 4,096 elements keep moments of 32 bits. Codes and steps are those of
/// bitsandbytes.
///</summary>
internal sealed unsafe class AdamW8Bit : IOptimizer
{
    /// <summary>Elements that share a largest magnitude.</summary>
    public const int Block = 256;

    /// <summary>Parameters with fewer elements keep their moments in float32.</summary>
    public const int Smallest = 4096;

    private const float Beta1 = 0.9f,
        Beta2 = 0.999f,
        OneLess1 = (float)(1 - 0.9),
        OneLess2 = (float)(1 - 0.999);
    private const double Epsilon = 1e-8;
    private readonly Part[] parts;
    private readonly OptimizerStateBuffer memory;
    private readonly double weightDecay;

    /// <param name="pagedIn">A file that the state is mapped from, so that the system may page it out; null: in
    /// memory.</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public AdamW8Bit(IEnumerable<(string Name, Tensor Value)> parameters, double weightDecay, string? pagedIn = null)
    {
        this.weightDecay = weightDecay;
        List<Part> all = [];
        long bytes = 0;
        foreach ((string name, Tensor value) in parameters)
        {
            Part part = new(name, value, bytes);
            all.Add(part);
            bytes += part.Bytes;
        }

        parts = [.. all];
        memory = new OptimizerStateBuffer(bytes, pagedIn);
    }

    /// <inheritdoc/>
    public int Steps { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, Tensor Value)> State =>
        [.. from p in parts from s in p.Sections select ($"{p.Name}.{s.Name}", Copy(s))];

    /// <inheritdoc/>
    public void Step(double learningRate)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable frozen = no_grad();
        Steps++;
        double correction1 = 1 - Math.Pow(0.9, Steps),
            correction2 = Math.Sqrt(1 - Math.Pow(0.999, Steps));
        Rates rates = new(
            (float)(1 - learningRate * weightDecay),
            (float)(-learningRate * correction2 / correction1),
            (float)(correction2 * Epsilon)
        );
        foreach (Part part in parts)
        {
            if (part.Value.grad is not { } grad)
            {
                continue;
            }

            Tensor value = part.Value.detach().cpu().contiguous(),
                gradient = grad.cpu().to_type(ScalarType.Float32).contiguous();
            Update(part, (float*)NativeTensor.DataPointer(value), (float*)NativeTensor.DataPointer(gradient), rates);
            if (part.Value.device_type != DeviceType.CPU || !part.Value.is_contiguous())
            {
                part.Value.copy_(value);
            }
        }
    }

    /// <inheritdoc/>
    public void Restore(int steps, Func<string, Tensor> state)
    {
        using DisposeScope scope = NewDisposeScope();
        Steps = steps;
        foreach (Part part in parts)
        {
            foreach (Section section in part.Sections)
            {
                Tensor saved = state($"{part.Name}.{section.Name}");
                saved
                    .bytes[..(int)section.Bytes]
                    .CopyTo(new Span<byte>(memory.Start + section.Offset, (int)section.Bytes));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => memory.Dispose();

    private void Update(Part part, float* value, float* gradient, Rates rates)
    {
        byte* start = memory.Start;
        if (!part.IsQuantized)
        {
            float* mean = (float*)(start + part.Sections[0].Offset),
                square = (float*)(start + part.Sections[1].Offset);
            Update(mean, square, value, gradient, (int)part.Count, rates);
            return;
        }

        byte* meanCodes = start + part.Sections[0].Offset,
            squareCodes = start + part.Sections[1].Offset;
        float* meanScales = (float*)(start + part.Sections[2].Offset),
            squareScales = (float*)(start + part.Sections[3].Offset);
        long count = part.Count;
        Threads.For(
            (count + Block - 1) / Block,
            block =>
            {
                float* mean = stackalloc float[Block],
                    square = stackalloc float[Block];
                long first = block * Block;
                int size = (int)Math.Min(Block, count - first);
                Span<byte> ownMeanCodes = new(meanCodes + first, size),
                    ownSquareCodes = new(squareCodes + first, size);
                Decode(DynamicMap.Signed, ownMeanCodes, meanScales[block], mean);
                Decode(DynamicMap.Unsigned, ownSquareCodes, squareScales[block], square);
                Update(mean, square, value + first, gradient + first, size, rates);
                meanScales[block] = DynamicMap.Signed.Encode(new ReadOnlySpan<float>(mean, size), ownMeanCodes);
                squareScales[block] = DynamicMap.Unsigned.Encode(new ReadOnlySpan<float>(square, size), ownSquareCodes);
            }
        );
    }

    private static void Decode(DynamicMap map, ReadOnlySpan<byte> codes, float scale, float* values)
    {
        for (int i = 0; i < codes.Length; i++)
        {
            values[i] = map.Values[codes[i]] * scale;
        }
    }

    // Updates the moments, which are the means of the gradient and of its square, and then the values. The decay comes
    // first, and epsilon is added before the correction of the second moment, as in bitsandbytes.
    private static void Update(float* mean, float* square, float* value, float* gradient, int count, Rates rates)
    {
        for (int i = 0; i < count; i++)
        {
            mean[i] = Beta1 * mean[i] + OneLess1 * gradient[i];
            square[i] = Beta2 * square[i] + OneLess2 * gradient[i] * gradient[i];
            value[i] = value[i] * rates.Keep + rates.Step * (mean[i] / (MathF.Sqrt(square[i]) + rates.Epsilon));
        }
    }

    private Tensor Copy(Section section)
    {
        Tensor copy = empty(section.Count, dtype: section.Dtype);
        NativeMemory.Copy(memory.Start + section.Offset, (void*)NativeTensor.DataPointer(copy), (nuint)section.Bytes);
        return copy;
    }

    // The factor of the weight decay, the step size with the correction of both moments, and the corrected epsilon.
    private readonly record struct Rates(float Keep, float Step, float Epsilon);

    private sealed record Section(string Name, ScalarType Dtype, long Offset, long Count)
    {
        public long Bytes => Dtype == ScalarType.Byte ? Count : Count * 4;
    }

    private sealed class Part(string name, Tensor value, long offset)
    {
        public string Name => name;

        public Tensor Value => value;

        public long Count { get; } = value.NumberOfElements;

        /// <summary>Whether the moments are kept in 8 bits.</summary>
        public bool IsQuantized => Count >= Smallest;

        /// <summary>The places of the moments, and of their scales if they are kept in 8 bits.</summary>
        public Section[] Sections { get; } = Layout(value.NumberOfElements, offset);

        public long Bytes => Sections.Sum(s => Aligned(s.Bytes));

        private static long Aligned(long bytes) => (bytes + 63) / 64 * 64;

        private static Section[] Layout(long count, long at)
        {
            long blocks = (count + Block - 1) / Block;
            Section[] sections =
                count < Smallest
                    ? [new("state1", ScalarType.Float32, at, count), new("state2", ScalarType.Float32, at, count)]
                    :
                    [
                        new("state1", ScalarType.Byte, at, count),
                        new("state2", ScalarType.Byte, at, count),
                        new("absmax1", ScalarType.Float32, at, blocks),
                        new("absmax2", ScalarType.Float32, at, blocks),
                    ];
            for (int i = 1; i < sections.Length; i++)
            {
                sections[i] = sections[i] with { Offset = sections[i - 1].Offset + Aligned(sections[i - 1].Bytes) };
            }

            return sections;
        }
    }
}
