using System.Runtime.InteropServices;
using Fulcrum.Files;
using Fulcrum.Torch.Adapters;
using Fulcrum.Torch.Kernels;
using Fulcrum.Torch.Models;

namespace Fulcrum.Torch.Interop;

/// <summary>How long a thread of the native library spins at a barrier before it sleeps.</summary>
internal static partial class Spinning
{
    private const string Count = "GOMP_SPINCOUNT",
        Policy = "OMP_WAIT_POLICY";

    /// <summary>About a tenth of a millisecond: longer than a barrier between two equal shares takes, shorter than a
    /// time slice of the system.</summary>
    private const string Turns = "5000";

    /// <summary>Shortens the library's spinning (300,000 turns, several milliseconds) unless the user has said how to
    /// wait. Before libgomp is loaded, which reads it once.</summary>
    /// <remarks>
    /// Beside other work on the same cores the thread that spins keeps its partner from the core that it waits for:
    /// training a small model
    /// took twelve to twenty times as long (docs/decisions/0024-short-spinning.md). The runtime's own
    /// SetEnvironmentVariable does not reach the C library's environment.
    /// </remarks>
    public static void KeepShort()
    {
        if (Environment.GetEnvironmentVariable(Count) is null && Environment.GetEnvironmentVariable(Policy) is null)
        {
            _ = SetVariable(Count, Turns, overwrite: 0);
        }
    }

    /// <summary>What libgomp reads.</summary>
    internal static string? Now => Marshal.PtrToStringUTF8(GetVariable(Count));

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial IntPtr GetVariable(string name);
}
