using System.Runtime.CompilerServices;
using Fulcrum.Torch.Interop;

// The native library keeps global state (threads, default generator), so tests that use it take turns.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace Fulcrum.Torch.Tests;

internal static class Setup
{
    [ModuleInitializer]
    internal static void LoadLibtorch() => Libtorch.Load();
}
