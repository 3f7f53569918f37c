using System.Globalization;

namespace Fulcrum.Data.Hub;

/// <summary>Formats numbers of bytes for messages.</summary>
internal static class ByteCount
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

    /// <summary>Returns a number of bytes with a decimal unit, for example <c>1.54 GB</c>.</summary>
    public static string Text(double bytes)
    {
        int unit = bytes < 1 ? 0 : Math.Min((int)Math.Log(bytes, 1000), Units.Length - 1);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / Math.Pow(1000, unit):0.##} {Units[unit]}");
    }
}
