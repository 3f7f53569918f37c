using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fulcrum.Torch.Interop;

namespace Fulcrum.Torch.Kernels;

/// <content>One multiplication, divided into tasks.</content>
internal static unsafe partial class SmallBatchMatmul
{
    // Columns are cut into chunks, and where there are fewer chunks than tasks, the matrix's rows into parts, whose
    // sums are added up at the end.
    // Pairs: the matrix is of bfloat16, two numbers a word, and sums are kept with those of eight words' first numbers
    // before those of their second until the end.
    private sealed class Job(
        float* input,
        IntPtr weight,
        bool pairs,
        float* bias,
        float* output,
        int rows,
        int ins,
        int outs,
        bool blocks
    )
    {
        private readonly int unit = blocks ? SmallBatchBlocks.Columns : 2 * Width;

        // Columns of complete blocks.
        private int Whole => outs / unit * unit;

        public void Run()
        {
            int chunks = (int)BitOperations.RoundUpToPowerOf2((uint)((outs + Widest - 1) / Widest)),
                parts = Math.Max(1, Tasks / chunks);
            if (blocks)
            {
                RunInBlocks(chunks, parts);
            }
            else
            {
                RunInRows(chunks, parts);
            }

            if (Whole < outs)
            {
                Threads.For(rows, r => Tail(input + r * ins, parts, output + r * outs), most: 1);
            }
        }

        private void RunInRows(int chunks, int parts)
        {
            int size = rows * outs;
            float* rest = Scratch(ref sums, (parts - 1) * size);
            Threads.For(
                chunks * parts,
                task =>
                {
                    (int chunk, int part) = ((int)task / parts, (int)task % parts);
                    float* to = part == 0 ? output : rest + (part - 1) * size;
                    Sum(part, parts, Column(chunk, chunks), Column(chunk + 1, chunks), to);
                },
                most: 1 + (long)size * ins / Grain
            );
            AddUp(rest, parts - 1, size);
        }

        private int Column(int chunk, int chunks) => (int)((long)(outs / unit) * chunk / chunks) * unit;

        // The first row of the matrix in a part.
        private int First(int part, int parts) => ins / Depth * part / parts * Depth;

        // The same by blocks of columns. A wide matrix is divided by columns: what a task adds up, of all parts, stays
        // in its core's cache. A narrow one is divided by parts, because its columns would be cut into short pieces.
        private void RunInBlocks(int chunks, int parts)
        {
            float* packed = Scratch(ref packedInput, rows * ins);
            if (chunks == 1)
            {
                RunByParts(packed, parts);
                return;
            }

            SmallBatchBlocks.Pack(input, rows, ins, 0, ins, packed);
            int tasks = Math.Max(Tasks, chunks);
            Threads.For(
                tasks,
                task => AllParts(packed, (int)task, tasks, parts),
                most: 1 + (long)rows * Whole * ins / Grain
            );
        }

        private void RunByParts(float* packed, int parts)
        {
            long apart = (long)rows * Whole;
            float* all = Scratch(ref sums, parts * rows * Whole);
            int strip = Math.Max(unit, NearestSums / rows / unit * unit);
            Threads.For(
                parts,
                task =>
                {
                    int part = (int)task;
                    (int from, int to) = (First(part, parts), First(part + 1, parts));
                    SmallBatchBlocks.Pack(input, rows, ins, from, to, packed + (long)rows * from);
                    for (int left = 0; left < Whole; left += strip)
                    {
                        int count = Math.Min(strip, Whole - left);
                        SumBlocks(packed, part, parts, left, count, all + part * apart + (long)rows * left);
                    }
                },
                most: 1 + apart * ins / Grain
            );
            Threads.For(
                Tasks,
                task =>
                {
                    (int left, int right) = (Column((int)task, Tasks), Column((int)task + 1, Tasks));
                    End(all + (long)rows * left, parts, apart, left, right);
                },
                most: 1 + (parts + 1) * apart / Grain
            );
        }

        private void AllParts(float* packed, int task, int tasks, int parts)
        {
            (int left, int right) = (Column(task, tasks), Column(task + 1, tasks));
            int apart = rows * (right - left);
            float* own = Scratch(ref sums, parts * apart);
            for (int part = 0; part < parts; part++)
            {
                SumBlocks(packed, part, parts, left, right - left, own + part * apart);
            }

            End(own, parts, apart, left, right);
        }

        private void End(float* from, int parts, long apart, int left, int right) =>
            SmallBatchBlocks.End(
                from,
                parts,
                apart,
                rows,
                pairs,
                pairs && bias is not null ? bias + left : null,
                output + left,
                outs,
                right - left
            );

        private void SumBlocks(float* packed, int part, int parts, int left, int count, float* to)
        {
            SmallBatchBlocks.Begin(to, rows, part == 0 && !pairs && bias is not null ? bias + left : null, count);
            for (int i = First(part, parts); i < First(part + 1, parts); i += Depth)
            {
                long from = (long)i * outs + left;
                if (pairs)
                {
                    SmallBatchBlocks.Add(packed + (long)rows * i, rows, (Bf16*)weight + from, outs, count, to);
                }
                else
                {
                    SmallBatchBlocks.Add(packed + (long)rows * i, rows, (float*)weight + from, outs, count, to);
                }
            }
        }

        // It begins with a cache line: a vector of 512 bits that crosses two lines takes two reads.
        private static float* Scratch(ref float[]? kept, int size)
        {
            const int Line = 64;
            if (kept is null || kept.Length < size + Line / sizeof(float))
            {
                kept = GC.AllocateUninitializedArray<float>(size + Line / sizeof(float), pinned: true);
            }

            nint start = (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(kept));
            return (float*)((start + Line - 1) / Line * Line);
        }

        // One part of the matrix's rows by one chunk of its columns.
        private void Sum(int part, int parts, int left, int right, float* to)
        {
            for (int r = 0; r < rows; r++)
            {
                SmallBatchRows.Begin(
                    new Span<float>(to + r * outs + left, right - left),
                    part == 0 && !pairs && bias is not null ? bias + left : null
                );
            }

            for (int i = First(part, parts); i < First(part + 1, parts); i += Depth)
            {
                for (int at = left; at < right; at += Strip)
                {
                    AllRows(i, at, Math.Min(Strip, right - at), to);
                }
            }
        }

        // Depth rows of the matrix: from memory for the first rows of the input, from the cache for the others.
        private void AllRows(int i, int at, int count, float* to)
        {
            long from = (long)i * outs + at;
            float* x = input + i,
                y = to + at;
            int r = 0;
            for (; r + 1 < rows; r += 2, x += 2 * ins, y += 2 * outs)
            {
                if (pairs)
                {
                    SmallBatchRows.TwoOfPairs(x, x + ins, (Bf16*)weight + from, y, y + outs, outs, count);
                }
                else
                {
                    SmallBatchRows.Two(x, x + ins, (float*)weight + from, y, y + outs, outs, count);
                }
            }

            if (r < rows && pairs)
            {
                SmallBatchRows.OneOfPairs(x, (Bf16*)weight + from, y, outs, count);
            }
            else if (r < rows)
            {
                SmallBatchRows.One(x, (float*)weight + from, y, outs, count);
            }
        }

        // The columns after the last complete block, fewer than a block: the same terms in the same order. One
        // thread, number by number: only a vocabulary has such a rest, and of 32 rows times 50,271 columns it takes a
        // tenth.
        private void Tail(float* x, int parts, float* to)
        {
            int count = outs - Whole;
            float* sum = stackalloc float[SmallBatchBlocks.Columns];
            for (int part = 0; part < parts; part++)
            {
                float* began = part == 0 && !pairs && bias is not null ? bias + Whole : null;
                SmallBatchRows.Begin(new Span<float>(sum, count), began);
                for (int i = First(part, parts); i < First(part + 1, parts); i++)
                {
                    for (int j = 0; j < count; j++)
                    {
                        sum[j] = MathF.FusedMultiplyAdd(x[i], Weight((long)i * outs + Whole + j), sum[j]);
                    }
                }

                for (int j = 0; j < count; j++)
                {
                    to[Whole + j] = part == 0 ? sum[j] : to[Whole + j] + sum[j];
                }
            }

            for (int j = 0; pairs && bias is not null && j < count; j++)
            {
                to[Whole + j] += bias[Whole + j];
            }
        }

        private float Weight(long at) => pairs ? Simd8.LoadOne((Bf16*)weight + at) : ((float*)weight)[at];

        private void AddUp(float* rest, int parts, int size) =>
            Threads.For(
                rows,
                r =>
                {
                    float* row = output + r * outs;
                    for (int part = 0; part < parts; part++)
                    {
                        SmallBatchRows.Add(row, rest + part * size + r * outs, Whole);
                    }

                    if (pairs)
                    {
                        SmallBatchRows.Interleave(row, bias, Whole);
                    }
                },
                most: 1 + (long)(parts + 1) * size / Grain
            );
    }
}
