using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Fulcrum.Torch.Interop;

/// <summary>How long a thread of libgomp spins at a barrier before it sleeps.</summary>
/// <remarks>libtorch for Windows and macOS uses LLVM's and Intel's OpenMP; their spin time is left as it is.</remarks>
[SupportedOSPlatform("linux")]
internal static partial class Spinning
{
    private const string Count = "GOMP_SPINCOUNT",
        Policy = "OMP_WAIT_POLICY";

    /// <summary>About a tenth of a millisecond: longer than a barrier between equal shares, shorter than a time slice
    /// of the OS.</summary>
    private const string Turns = "5000";

    /// <summary>Shortens libgomp's spin time (by default 300,000 iterations, several milliseconds) unless the user
    /// has set it. Must run before libgomp is loaded.</summary>
    /// <remarks>With other load on the same cores, a spinning thread keeps the thread that it waits for off the
    /// core: training a small model took 12 to 20 times as long (docs/decisions/0024-short-spinning.md).
    /// SetEnvironmentVariable of .NET does not change the environment of the C library.</remarks>
    public static void KeepShort()
    {
        if (Environment.GetEnvironmentVariable(Count) is null && Environment.GetEnvironmentVariable(Policy) is null)
        {
            _ = SetVariable(Count, Turns, overwrite: 0);
        }
    }

    /// <summary>The value that libgomp reads.</summary>
    internal static string? Now => Marshal.PtrToStringUTF8(GetVariable(Count));

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial IntPtr GetVariable(string name);
}
