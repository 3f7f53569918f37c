using static TorchSharp.torch;

namespace Fulcrum.Torch.Training;

/// <summary>Dynamic loss scaling (arXiv:1710.03740, section 3.2): gradients in float16 are computed a power of two too
/// large, so that small ones do not become 0. Other types need none.</summary>
internal sealed class LossScale
{
    /// <summary>Steps without an overflow until the scale is doubled.</summary>
    public const int Patience = 2000;

    private const double Start = 65536;

    private readonly bool dynamic;

    private LossScale(bool dynamic) => (this.dynamic, Value) = (dynamic, dynamic ? Start : 1);

    /// <summary>The scale of a computation in some type.</summary>
    public static LossScale For(ScalarType dtype) => new(dtype == ScalarType.Float16);

    /// <summary>The factor of the loss before the backward pass.</summary>
    public double Value { get; private set; }

    /// <summary>Steps since the last overflow or doubling.</summary>
    public int Clean { get; private set; }

    /// <summary>A step went through.</summary>
    public void Worked()
    {
        Clean++;
        if (dynamic && Clean == Patience)
        {
            (Value, Clean) = (2 * Value, 0);
        }
    }

    /// <summary>A gradient overflowed: halves the scale; false when that is of no use any more.</summary>
    public bool Lower()
    {
        if (!dynamic || Value <= 1)
        {
            return false;
        }

        (Value, Clean) = (Value / 2, 0);
        return true;
    }

    /// <summary>Takes up the state of a checkpoint.</summary>
    public void Restore(double value, int clean) => (Value, Clean) = dynamic ? (value, clean) : (1, clean);
}
