using System.Globalization;
using Fulcrum.Llama.Gguf;
using Fulcrum.Models;
using Fulcrum.Tracing;

namespace Fulcrum.Llama.Tracing;

/// <summary>Finds out from the weights of a file whether an adapter was merged correctly, and if not, which of the
/// usual mistakes was made.</summary>
/// <remarks>
/// B is the base, D the update of the adapter, R = B + D the correct merge and N the merge into the 4-bit base. The
/// weights F of the file are attributed to the nearest of B, R, N and B + 2 D, by the Euclidean norm over all adapted
/// matrices. Rounding and quantisation of F change its distance to all of them by about the same amount.
/// </remarks>
internal static class MergeCheck
{
    // Largest relative distance that rounding to a numeric form explains, several times the usual distance: bfloat16
    // 0.2%, Q8_0 0.6%, Q4_K 7%.
    private const double Rounded = 0.01,
        EightBits = 0.03,
        FewBits = 0.25;

    // How far the factor of the adapter's update may be from 1, in addition to the effect of quantisation.
    private const double FactorTolerance = 0.1;

    /// <summary>Compares the weights; returns null if they are the correct merge.</summary>
    /// <param name="file">The file's weights.</param>
    /// <param name="plain">The base without the adapter.</param>
    /// <param name="right">The base with the adapter merged into it.</param>
    /// <param name="tolerance">Largest relative distance that the file's numeric form explains.</param>
    public static TraceFinding? Compare(IModelWeights file, IModelWeights plain, IModelWeights right, double tolerance)
    {
        Sums all = new();
        foreach (string name in right.Shapes.Keys.Where(n => n != "lm_head.weight" && file.Shapes.ContainsKey(n)))
        {
            if (!file.Shapes[name].SequenceEqual(right.Shapes[name]))
            {
                continue; // another vocabulary size is reported by the check of the head
            }

            float[] f = file.Read(name),
                b = plain.Read(name),
                r = right.Read(name);
            bool adapted = !b.AsSpan().SequenceEqual(r);
            if (!adapted)
            {
                double distance = Distance(f, b);
                if (distance > tolerance)
                {
                    return Finding(
                        $"the tensor '{name}' is that of another model: it lies {Percent(distance)} from the "
                            + $"base's, where the file's numeric form explains {Percent(tolerance)}"
                    );
                }

                continue;
            }

            all.Add(f, b, r);
        }

        return all.Norm == 0 ? null : Judged(all, tolerance);
    }

    /// <summary>Returns the largest relative distance that the numeric form of a file explains.</summary>
    public static double ToleranceOf(GgufFile file)
    {
        GgufType[] types = [.. file.Tensors.Values.Where(t => t.Sizes.Length > 1).Select(t => t.Type).Distinct()];
        return types.All(t => t is GgufType.F32 or GgufType.F16 or GgufType.BF16) ? Rounded
            : types.All(t => t is GgufType.Q8_0 or GgufType.F32 or GgufType.F16 or GgufType.BF16) ? EightBits
            : FewBits;
    }

    private static TraceFinding? Judged(Sums all, double tolerance)
    {
        double right = Math.Sqrt(all.Right / all.Norm),
            into4Bits = Math.Sqrt(all.Quantised / all.Norm),
            without = Math.Sqrt(all.Plain / all.Norm);
        if (all.Quantised < all.Right && all.Quantised < all.Plain)
        {
            return Finding(
                "the adapter was merged into the 4-bit (NF4) base: the file's weights "
                    + $"lie {Percent(into4Bits)} from that merge and {Percent(right)} from the merge into the "
                    + "base as the folder holds it"
            );
        }

        double factor = all.Along / all.Update;
        if (all.Plain < all.Right && Math.Abs(factor) < 0.25)
        {
            return Finding(
                $"the adapter is not in the file: its weights lie {Percent(without)} from the base "
                    + $"and {Percent(right)} from base + adapter"
            );
        }

        if (Math.Abs(factor - 1) > FactorTolerance && all.Right > all.Residual * 1.02)
        {
            return Finding(
                "the adapter was merged with the factor "
                    + $"{factor.ToString("0.00", CultureInfo.InvariantCulture)} instead of 1 (another lambda or "
                    + "scaling, or merged more than once)"
            );
        }

        return right > tolerance
            ? Finding(
                $"the file's weights lie {Percent(right)} from base + adapter, "
                    + $"where its numeric form explains {Percent(tolerance)}"
            )
            : null;
    }

    private static TraceFinding Finding(string detail) => new(TraceRung.Merged, TraceCause.Merge, detail);

    private static string Percent(double share) => share.ToString("0.00%", CultureInfo.InvariantCulture);

    /// <summary>Returns the Euclidean distance of two tensors, relative to the norm of the second.</summary>
    public static double Distance(float[] a, float[] b)
    {
        double difference = 0,
            norm = 0;
        for (int i = 0; i < a.Length; i++)
        {
            difference += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
            norm += (double)b[i] * b[i];
        }

        return norm == 0 ? (difference == 0 ? 0 : 1) : Math.Sqrt(difference / norm);
    }

    // Squared distances of the file's weights from the base (Plain), from the correct merge (Right) and from the merge
    // into the 4-bit base (Quantised), over all adapted matrices.
    private sealed class Sums
    {
        public double Plain { get; private set; }

        public double Right { get; private set; }

        public double Quantised { get; private set; }

        /// <summary>Squared norm of the right merge.</summary>
        public double Norm { get; private set; }

        /// <summary>Squared norm of the adapter's update.</summary>
        public double Update { get; private set; }

        /// <summary>Inner product of the file's update and the adapter's.</summary>
        public double Along { get; private set; }

        /// <summary>Squared distance from the nearest multiple of the adapter's update.</summary>
        public double Residual => Plain - Along * Along / Update;

        public void Add(float[] file, float[] plain, float[] right)
        {
            float[] quantised = Nf4Rounding.Of(plain);
            for (int i = 0; i < file.Length; i++)
            {
                double moved = (double)file[i] - plain[i],
                    update = (double)right[i] - plain[i],
                    fromRight = (double)file[i] - right[i],
                    fromQuantised = file[i] - (quantised[i] + update);
                Plain += moved * moved;
                Right += fromRight * fromRight;
                Quantised += fromQuantised * fromQuantised;
                Norm += (double)right[i] * right[i];
                Update += update * update;
                Along += moved * update;
            }
        }
    }
}
